/** Schemas of what stands outside the instances. Only the document has a use for them. */
import * as z from "zod";
import { TRADING_STATES } from "../../spec/policy.ts";
import { once } from "../schemas/once.ts";
import { errorSchema } from "./envelope.ts";
import { canceledSchema, positionSchema, writtenSchema } from "./guard.ts";
import { time } from "./time.ts";

export const healthSchema = once(() =>
  z
    .object({ type: z.literal("health"), status: z.enum(["ok", "closed"]), time: time() })
    .meta({ id: "Health", description: "The process answers. Says nothing about brokers." }),
);

const part = (description: string) => z.boolean().nullable().meta({ description });

export const readinessSchema = once(() =>
  z
    .object({
      type: z.literal("readiness"),
      status: z.enum(["ready", "not ready"]),
      time: time(),
      instances: z.array(
        z.object({
          name: z.string().meta({ description: "What the operator calls the instance." }),
          broker: z.string().meta({ description: "Kind of broker." }),
          ready: z.boolean().meta({ description: "True when nothing below is false." }),
          session: part("The vendor's servers, and the login behind a local gateway, answer."),
          account: part("The account can be read."),
          dataFeed: part("The vendor's market data answers."),
          reconciled: part("The broker's orders are known, so that orders can be sent."),
        }),
      ),
    })
    .meta({
      id: "Readiness",
      description: "Whether the instances can be traded on now. `null`: this broker has no such thing.",
    }),
);

const gatewayEnvelope = once(() => ({ type: z.literal("apiResponse"), time: time(), ex: z.string().nullable() }));

export const gatewayGuardSchema = once(() =>
  z.object({
    ...gatewayEnvelope(),
    gateway: positionSchema(),
    known: z.boolean(),
    instances: z.array(z.object({ name: z.string(), broker: z.string(), state: z.enum(TRADING_STATES) })),
  }),
);

export const gatewayTurnSchema = once(() =>
  z.object({
    ...gatewayGuardSchema().shape,
    written: writtenSchema(),
    canceled: z.array(z.object({ name: z.string(), ...canceledSchema().shape })).nullable(),
  }),
);

export const gatewayFailureSchema = once(() => z.object({ ...gatewayEnvelope(), error: errorSchema() }));
