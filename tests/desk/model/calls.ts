/** The calls of a desk on their way to the venue and back, each of which waits until a step of the history lets it go on. */
import type { Call } from "../../../src/spec/broker.ts";
import { BrokerError } from "../../../src/spec/broker-error.ts";
import type { Attempt } from "./attempt.ts";
import type { Clock } from "./clock.ts";
import type { Life } from "./venue.ts";

/** What becomes of a call: `on` is one way of the two, to the venue or back. */
export type Fate = "through" | "on" | "refused" | "unsent" | "lost" | "in part";

export interface VenueCall {
  readonly name: string;
  readonly kind: "place" | "replace" | "cancel" | "read";
  readonly attempt: Attempt | undefined;
  readonly sentAt: number;
  isTaken: boolean;
  /** It ended as not sent. */
  isUnsent: boolean;
  /** The client was told that nothing was sent or taken. */
  isDisclaimed: boolean;
}

interface Waiting {
  readonly call: VenueCall;
  readonly life: Life;
  /** What the venue has made of it, once it has arrived. */
  arrived?: { readonly answer: unknown } | { readonly error: unknown };
  arrive(isPart: boolean): unknown;
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/** Who makes the calls, and who hears of them. */
export interface Caller {
  /** The attempt that works now. */
  asking(): Attempt | undefined;
  sent(call: VenueCall): void;
  told(line: string): void;
}

const unsent = () => new BrokerError("NotConnected", "no connection", { outcome: "not_sent" });
const lost = () => new BrokerError("BrokerFault", "the socket dropped", { outcome: "unknown" });
export const refusal = (code: "OrderRejected" | "OrderNotOpen", message: string) =>
  new BrokerError(code, message, { outcome: "rejected" });

export function createCalls(withdraws: boolean, clock: Clock, caller: Caller) {
  let waiting: Waiting[] = [];
  let isHonest = false;
  let count = 0;

  function end(one: Waiting, error?: BrokerError): void {
    waiting = waiting.filter((other) => other !== one);
    const { arrived = { error: lost() }, call } = one;
    const outcome = error === undefined ? arrived : { error };
    call.isUnsent = error?.outcome === "not_sent";
    caller.told(`${call.name}, ends${"error" in outcome ? `: ${String(outcome.error)}` : ""}`);
    if ("error" in outcome) one.reject(outcome.error);
    else one.resolve(outcome.answer);
  }

  function arrive(one: Waiting, isPart: boolean): void {
    try {
      one.arrived = { answer: one.arrive(isPart) };
    } catch (error) {
      one.arrived = { error };
    }
  }

  function go(one: Waiting, how: Fate): void {
    const isWrite = one.call.kind !== "read";
    const isThere = one.arrived !== undefined;
    if (how === "lost") end(one, isWrite ? lost() : unsent());
    else if (how === "unsent" && (!isWrite || !isThere)) end(one, unsent());
    else if (how === "refused" && !isThere)
      end(one, isWrite ? refusal(one.call.kind === "cancel" ? "OrderNotOpen" : "OrderRejected", "not now") : unsent());
    else {
      if (!isThere) arrive(one, how === "in part");
      if (isThere || how !== "on") end(one);
    }
  }

  return {
    /** Sends a call of this process. `arrive` is what the venue does with it, or with a part of it. */
    send<T>(
      life: Life,
      isConnected: boolean,
      [kind, what, given]: readonly [VenueCall["kind"], string, Call?],
      arrive: (call: VenueCall, isPart: boolean) => T,
    ): Promise<T> {
      if (!life.isAlive) return new Promise(() => {});
      count += 1;
      const attempt = caller.asking();
      const name = `call ${count}, ${what}`;
      const call = { name, kind, attempt, sentAt: clock.now(), isTaken: false, isUnsent: false, isDisclaimed: false };
      caller.told(`${name}, is under way${attempt === undefined ? "" : ` for ${attempt.name}`}`);
      if (kind !== "read") caller.sent(call);
      return new Promise<T>((resolve, reject) => {
        const its = { arrive: (isPart: boolean) => arrive(call, isPart), reject };
        const one: Waiting = { call, life, ...its, resolve: (answer) => resolve(answer as T) };
        if (!isConnected) return end(one, unsent());
        waiting.push(one);
        if (isHonest) return go(one, "through");
        const withdraw = () => one.arrived === undefined && waiting.includes(one) && end(one, unsent());
        if (withdraws) given?.signal.addEventListener("abort", withdraw);
      });
    },
    go(which: number, how: Fate): void {
      const one = waiting[which % Math.max(1, waiting.length)];
      if (one !== undefined) go(one, how);
    },
    /** Ends what is under way for this process, which hears of it if it lives; of the writes `taken` tells which arrive. */
    cut(life: Life, taken: number): void {
      const its = waiting.filter((one) => one.life === life);
      for (const [index, one] of its.entries()) {
        const isWrite = one.call.kind !== "read";
        if (isWrite && one.arrived === undefined && (taken >> index) & 1) arrive(one, false);
        if (life.isAlive) end(one, isWrite ? lost() : unsent());
      }
      waiting = waiting.filter((one) => one.life !== life);
    },
    /** From now on everything arrives and is answered at once. */
    heal(): void {
      isHonest = true;
      for (const one of [...waiting]) go(one, "through");
    },
  };
}
