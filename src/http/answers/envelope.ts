/** Schemas of what stands around every answer. */
import * as z from "zod";
import { FAILURE_CODES } from "../../domain/failure.ts";
import { once } from "../schemas/once.ts";
import { time } from "./time.ts";

export const errorSchema = once(() =>
  z
    .object({
      code: z.enum(FAILURE_CODES),
      message: z.string(),
      outcome: z.enum(["not_sent", "rejected", "unknown"]).optional().meta({
        description:
          "What became of a write. not_sent: nothing left the gateway. rejected: the broker said no. unknown: it may have been sent; look for its `tag` before anything else.",
      }),
      retryable: z.boolean().meta({
        description: "True only where repeating the identical request may help and cannot make a second order.",
      }),
      tag: z.string().optional().meta({ description: "The mark under which the order can be found." }),
      details: z.unknown().optional().meta({
        description: "Particulars; for `InvalidRequest` a list of `{ path, message, value? }`, one for every fault.",
      }),
    })
    .meta({
      id: "Error",
      description: "Why a request was not answered.",
      examples: [
        {
          code: "InvalidRequest",
          message: "price: a Limit order needs a price",
          outcome: "not_sent",
          retryable: false,
          details: [{ path: "price", message: "a Limit order needs a price" }],
        },
      ],
    }),
);

const common = once(() => ({
  type: z.literal("apiResponse"),
  instanceId: z.string().meta({ description: "The instance that answered.", examples: ["ggUqPZbSKuQ7Ewsk"] }),
  broker: z.string().meta({ description: "Kind of broker.", examples: ["futu"] }),
  brokerDisplay: z.string().meta({ description: "The broker's name for people.", examples: ["富途证券"] }),
  time: time(),
}));

export const envelopeSchema = once(() =>
  z.object({ ...common(), ex: z.null() }).meta({ id: "Envelope", description: "The fields of every good answer." }),
);

export const failureSchema = once(() =>
  z
    .object({
      ...common(),
      ex: z.string().min(1).meta({ description: "What went wrong, for people. Never empty." }),
      error: errorSchema(),
    })
    .meta({ id: "Failure", description: "The answer to a request that failed." }),
);
