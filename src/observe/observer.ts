/** Who wants to know what a gateway does: logs, traces, anything of one's own. Needs no library. */
import type { FailureCode, Outcome } from "../domain/failure.ts";
import type { IntentAction } from "../journal/journal.ts";
import type { TradingState } from "../spec/policy.ts";

/**
 * Watches a gateway. Every member may be left out, and what is left out costs nothing.
 *
 * `request` and `write` stand around a piece of work, so that a span can be wrapped around it: what they call `work`
 * within is run there. The work is done once and answered at once, whatever an observer does: if it calls `work` twice,
 * late or never, throws, or never comes back. No instance id, token or vendor's secret is ever told.
 */
export interface Observer {
  /** Around the work for a caller who is known. Told nothing of misses, which are answered 404. */
  readonly request?: ((request: ObservedRequest, work: () => Promise<RequestResult>) => unknown) | undefined;
  /** Around a write, within its request: from the check of its key to the answer. */
  readonly write?: ((write: ObservedWrite, work: () => Promise<WriteResult>) => unknown) | undefined;
  /**
   * Told of what happens by itself. Gives back true for an `error` that it has written where an operator sees it; without
   * `onError` it is then not written to the console as well.
   */
  readonly event?: ((event: ObservedEvent) => unknown) | undefined;
}

/** A request whose caller is known. */
export interface ObservedRequest {
  /** The client's `X-Request-Id`, or one that was made. Returned to the client with every answer. */
  readonly requestId: string;
  /** What operators call the instance; `gateway` for the routes of operators. */
  readonly instance: string;
  /** Name of the API: `orderPlace`. */
  readonly api: string;
  readonly method: string;
  /** Name of the token. */
  readonly principal: string;
  /** The headers `traceparent` and `tracestate` of W3C Trace Context as they came; not checked. */
  readonly traceparent: string | null;
  readonly tracestate: string | null;
}

/** How a request ended. */
export interface RequestResult {
  /** The HTTP status. */
  readonly status: number;
  /** Milliseconds to the answer; of a stream of events, to its beginning. */
  readonly ms: number;
}

/** A write, whether it came over HTTP or from an API of one's own. */
export interface ObservedWrite {
  readonly instance: string;
  readonly action: IntentAction["kind"];
  /** Of the order that it is for; `null` for a place. */
  readonly orderId: string | null;
  readonly principal: string;
  readonly requestId: string | null;
}

/** What became of a write, as the client is told. */
export interface WriteResult {
  /** `error` is a fault of the gateway itself, after which the client is told that the outcome is unknown. */
  readonly outcome: "accepted" | Outcome | "error";
  /** Why it was not accepted. */
  readonly code: FailureCode | null;
  readonly message: string | null;
  /** The mark that the order carries at the broker, where there is one. */
  readonly tag: string | null;
  readonly orderId: string | null;
  /** True for an earlier answer that was given again under its key, also where that is still that nobody knows. */
  readonly replayed: boolean;
  readonly ms: number;
}

/** What happens by itself. `instance` is what operators call it. */
export type ObservedEvent =
  | {
      readonly kind: "connection";
      readonly instance: string;
      readonly connected: boolean;
      readonly reason: string | null;
    }
  | {
      /** Something that should not happen and that somebody should look at. */
      readonly kind: "anomaly";
      readonly instance: string;
      readonly message: string;
      readonly orderId: string | null;
      readonly tag: string | null;
    }
  | {
      /** Somebody turned the kill switch of an instance, or, as `gateway`, of all. */
      readonly kind: "guard";
      readonly instance: string;
      readonly state: TradingState;
      readonly principal: string;
      readonly reason: string;
    }
  | {
      /** It was found out what became of a write whose outcome was unknown. */
      readonly kind: "settled";
      readonly instance: string;
      readonly tag: string;
      /** `null`: it was not sent, or had no effect. */
      readonly orderId: string | null;
      readonly reason: string;
    }
  | {
      /** The journal could not be written; of the lines' instances, that of the first. */
      readonly kind: "journal";
      readonly instance: string;
      readonly lines: number;
      readonly error: string;
    }
  | {
      /** An exception that nobody foresaw. */
      readonly kind: "error";
      readonly instance: string;
      readonly api: string;
      readonly requestId: string | null;
      /** With its stack and causes. */
      readonly error: string;
    };
