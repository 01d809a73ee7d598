/**
 * One request to Tiger's HTTP gateway: signed, sent once, its answer verified and read. Web standards alone.
 *
 * A file of its own beside `wire.ts`, which decides what is sent and when.
 */
import * as v from "valibot";
import { BrokerError, isBrokerError } from "../../spec/broker-error.ts";
import { neverSent } from "../shared/never-sent.ts";
import type { Departure } from "../shared/pacing.ts";
import { sendOnce } from "../shared/sends-once.ts";
import { type JsonObject, parseJson, writeJson } from "./json.ts";
import type { Sign, Verify } from "./keys.ts";
import { ENVELOPE, type Envelope, WITHIN } from "./messages.ts";
import { isTooFrequent, notConnected, type Purpose, reasonOf, toRefusal, withoutAnswer } from "./refusals.ts";
import type { Method } from "./timing.ts";

/** What every request carries. */
export interface GatewayOptions {
  readonly tigerId: string;
  readonly deviceId: string | undefined;
  /** The token of licences that have one, as it is now. */
  token(): string | undefined;
  /** Takes out of the vendor's words what is nobody else's business. */
  conceal(text: string): string;
  readonly sign: Sign;
  readonly verify: Verify;
}

/** A request, and what it is for. */
export interface GatewayRequest<S extends v.GenericSchema> {
  readonly url: string;
  readonly method: Method;
  /** `undefined` sends no `biz_content`. */
  readonly content: JsonObject | undefined;
  readonly purpose: Purpose;
  /** What its data must look like. */
  readonly schema: S;
  /** Told whether it has left. */
  readonly departure: Departure;
  /** Ends the request, also after it has left. */
  readonly signal: AbortSignal;
}

/** The vendor cannot be reached, as opposed to what it may say. */
export class Unreachable extends BrokerError {}

export interface Gateway {
  /**
   * @throws Unreachable without an answer: `NotConnected` with outcome `not_sent` when nothing left, else `OutcomeUnknown`
   *   for a write and `NotConnected` for a read. BrokerError for an answer that refuses, and for one that cannot be
   *   trusted or read, which leaves a write unknown.
   */
  send<S extends v.GenericSchema>(request: GatewayRequest<S>): Promise<v.InferOutput<S>>;
  /** The vendor's clock, by the last answer; this machine's while there was none. Milliseconds since the epoch. */
  now(): number;
}

interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

export function createGateway({ tigerId, deviceId, token, conceal, sign, verify }: GatewayOptions): Gateway {
  /** Milliseconds by which this machine's clock is ahead. */
  let clockAheadMs: number | undefined;

  async function signed(method: Method, content: JsonObject | undefined, timestamp: string): Promise<string> {
    const parameters: Record<string, string> = {
      tiger_id: tigerId,
      method,
      charset: "UTF-8",
      version: "2.0",
      sign_type: "RSA",
      timestamp,
      ...(content === undefined ? {} : { biz_content: writeJson(content) }),
      ...(deviceId === undefined ? {} : { device_id: deviceId }),
    };
    return JSON.stringify({ ...parameters, sign: await sign(textToSign(parameters)) });
  }

  async function post(url: string, body: string, purpose: Purpose, signal: AbortSignal): Promise<HttpAnswer> {
    const authorization = token();
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "Content-Type": "application/json;charset=UTF-8",
        ...(authorization === undefined ? {} : { Authorization: authorization }),
      },
      body,
      signal,
      // A redirect that is followed would send a write twice.
      redirect: "manual",
      ...(purpose === "read" ? {} : sendOnce()),
    });
    return { status: response.status, text: await response.text() };
  }

  /** What the answer says, if it is the vendor's. */
  async function read(text: string, status: number, timestamp: string, method: Method, purpose: Purpose) {
    const envelope = envelopeOf(text);
    if (envelope === undefined) {
      if (status === 429) return toRefusalOf({ code: 5, message: "too many requests" }, status, method, purpose);
      throw withoutAnswer(`Tiger answered ${method} with HTTP ${status} and no JSON of its own`, purpose);
    }
    const { sign: signature, code } = envelope;
    // Refusals at the vendor's door may come without a signature; what is granted never does.
    if (signature ? !(await verify(timestamp, signature)) : code === 0) {
      throw withoutAnswer(
        `the answer to ${method} is not signed with Tiger's key; whoever sent it is not trusted`,
        purpose,
      );
    }
    if (typeof envelope.timestamp === "number") clockAheadMs = Date.now() - envelope.timestamp;
    if (code !== 0) return toRefusalOf({ code, message: conceal(envelope.message ?? "") }, status, method, purpose);
    return envelope.data;
  }

  function toRefusalOf(
    said: { code: number; message: string },
    status: number,
    method: Method,
    purpose: Purpose,
  ): never {
    const refusal = { ...said, status, clockAheadMs };
    // The vendor refuses with 200 and 429; what stands in an answer of a fault is no word about the request.
    if (status !== 200 && !isTooFrequent(refusal) && (said.code < 1000 || status >= 500)) {
      throw withoutAnswer(`Tiger answered ${method} with HTTP ${status}: ${said.message}`, purpose);
    }
    throw toRefusal(refusal, method, purpose);
  }

  /** @throws BrokerError for a write that is refused within its data. */
  function demandTaken(data: unknown, method: Method, purpose: Purpose): void {
    const { success, output } = v.safeParse(WITHIN, data);
    if (!success || output.code === 0) return;
    const { code, id } = output;
    const message = conceal(output.message ?? "");
    // Where an order is named there may be one.
    if (Number.isInteger(code) && (purpose !== "place" || id == null)) {
      toRefusalOf({ code, message }, 200, method, purpose);
    }
    throw withoutAnswer(`Tiger's answer to ${method} says both success and no: ${message}`, purpose);
  }

  return {
    async send({ url, method, content, purpose, schema, departure, signal }) {
      if (signal.aborted) throw notConnected("given up before the request was sent");
      const timestamp = toTimestamp(new Date());
      const body = await signed(method, content, timestamp);
      if (signal.aborted) throw notConnected("given up before the request was sent");
      let answer: HttpAnswer;
      departure.leaves();
      try {
        answer = await post(url, body, purpose, signal);
      } catch (error) {
        if (!signal.aborted && neverSent(error)) departure.stays();
        throw unreachable(error, method, purpose, signal);
      }
      const given = await read(answer.text, answer.status, timestamp, method, purpose);
      const data = typeof given === "string" ? parsedText(given, given) : given;
      if (purpose !== "read") demandTaken(data, method, purpose);
      const parsed = v.safeParse(schema, data);
      if (parsed.success) return parsed.output;
      const fault = `${v.getDotPath(parsed.issues[0]) ?? "data"}: ${parsed.issues[0].message}`;
      throw withoutAnswer(`Tiger's answer to ${method} is unreadable: ${fault}`, purpose);
    },

    now: () => Date.now() - (clockAheadMs ?? 0),
  };
}

function unreachable(error: unknown, method: Method, purpose: Purpose, signal: AbortSignal): BrokerError {
  // The error may be the signal's own reason: what that says is about the reason, never about the request.
  if (signal.aborted) {
    const reason = isBrokerError(signal.reason) ? signal.reason.message : "given up before Tiger answered";
    return purpose === "read"
      ? new BrokerError("Timeout", `${method}: ${reason}`)
      : new BrokerError("OutcomeUnknown", `${method}: ${reason}`, { outcome: "unknown" });
  }
  const reason = reasonOf(error);
  if (purpose === "read" || neverSent(error)) {
    return new Unreachable("NotConnected", `Tiger cannot be reached: ${reason}`, {
      outcome: "not_sent",
      retryAfterMs: 1000,
    });
  }
  return new Unreachable("OutcomeUnknown", `the connection to Tiger ended before ${method} was answered: ${reason}`, {
    outcome: "unknown",
  });
}

/** What is signed: the parameters in the order of their names. */
export function textToSign(parameters: Readonly<Record<string, string>>): string {
  return Object.keys(parameters)
    .sort()
    .map((name) => `${name}=${parameters[name]}`)
    .join("&");
}

/** The vendor takes any zone and says none: UTC. */
function toTimestamp(now: Date): string {
  return now.toISOString().slice(0, 19).replace("T", " ");
}

function envelopeOf(text: string): Envelope | undefined {
  const parsed = v.safeParse(ENVELOPE, parsedText(text));
  return parsed.success ? parsed.output : undefined;
}

/** @param otherwise stands for what is no JSON. */
function parsedText(text: string, otherwise?: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return otherwise;
  }
}
