/** A client of a gateway: it asks, repeats what it may repeat, and follows the orders wherever the gateway is. */
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import type { LedgerRow } from "../../../src/testing/index.ts";
import { eventReader } from "../../http/suite/event-reader.ts";

export const INSTANCE_ID = "matrixInstance000001";
export const TOKEN = "matrixInstanceToken1";

/** An order on the wire, as far as the matrix looks at it. */
export interface SeenOrder extends Omit<LedgerRow, "region" | "symbol"> {
  readonly contract: Pick<LedgerRow, "region" | "symbol">;
  readonly external: boolean;
}

/** The parts of an answer's body that the matrix looks at; which of them are there depends on what was asked. */
interface Body {
  readonly orderId?: string;
  readonly pong?: boolean;
  readonly order?: SeenOrder;
  readonly orders?: readonly SeenOrder[];
  readonly intents?: readonly unknown[];
  /** ISO 8601. */
  readonly time?: string;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly outcome?: string;
    readonly retryable: boolean;
  } | null;
}

export interface Answer {
  readonly status: number;
  readonly body: Body;
  readonly replayed: boolean;
  /** Milliseconds after which it makes sense to ask again, where the gateway said so. */
  readonly retryAfterMs: number | undefined;
}

/** Longer than any deadline of a gateway: nothing may ever hang. */
const HANG_MS = 40_000;
/** Longer than a vendor's settle time, or the time between two reconciliations. */
const PATIENCE_MS = 200_000;
const LOOK_MS = 700;

export interface Client {
  /** `undefined` when the connection to the gateway was refused or broke. */
  ask(path: string, write?: { readonly key: string; readonly body: unknown }): Promise<Answer | undefined>;
  /** Repeats a write under its key while the answer says that this is safe, or leaves open what became of it. */
  insist(path: string, key: string, body: unknown): Promise<Answer>;
  /** Listens for an order that fits, over as many streams as that takes. */
  follow(fits: (order: SeenOrder) => boolean): Followed;
}

export interface Followed extends AsyncDisposable {
  /** Resolves when the first stream has begun. */
  readonly begun: Promise<void>;
  /** Resolves when an order was told that fits; rejects when that takes too long. */
  told(): Promise<void>;
}

/** A client of the gateway that is at this address at the moment. */
export function createClient(url: () => string): Client {
  const at = (path: string) => `${url()}/httptrading/api/${INSTANCE_ID}/${path}`;

  async function ask(path: string, write?: { readonly key: string; readonly body: unknown }) {
    const signal = AbortSignal.timeout(HANG_MS);
    try {
      const response = await fetch(at(path), {
        headers: {
          "HT-TOKEN": TOKEN,
          "Content-Type": "application/json",
          ...(write === undefined ? {} : { "Idempotency-Key": write.key }),
        },
        ...(write === undefined ? {} : { method: "POST", body: JSON.stringify(write.body) }),
        signal,
      });
      const { status, headers } = response;
      const body: Body = JSON.parse(await response.text());
      const seconds = headers.get("Retry-After");
      return {
        status,
        body,
        replayed: headers.get("Idempotent-Replayed") === "true",
        retryAfterMs: seconds === null ? undefined : 1000 * Number(seconds),
      };
    } catch (error) {
      if (signal.aborted) throw new Error(`${path} was not answered within ${HANG_MS} ms`, { cause: error });
      return undefined;
    }
  }

  return {
    ask,
    async insist(path, key, body) {
      let last: Answer | undefined;
      const end = performance.now() + PATIENCE_MS;
      while (performance.now() < end) {
        last = await ask(path, { key, body });
        const isFinal =
          last !== undefined && last.status !== 429 && last.status < 500 && last.body.error?.retryable !== true;
        if (last !== undefined && isFinal) return last;
        await pause(last?.retryAfterMs ?? LOOK_MS);
      }
      throw new Error(`${path} under key ${key} has no final answer: ${JSON.stringify(last)}`);
    },
    follow(fits) {
      const ending = new AbortController();
      const begun = Promise.withResolvers<void>();
      let lastEventId = "";

      async function stream(): Promise<boolean> {
        const response = await fetch(at("order/events"), {
          headers: { "HT-TOKEN": TOKEN, ...(lastEventId === "" ? {} : { "Last-Event-ID": lastEventId }) },
          signal: ending.signal,
        });
        if (!response.ok) throw new Error(`order/events answered ${response.status}: ${await response.text()}`);
        const reader = eventReader(response);
        for (let event = await reader.next(); event !== undefined; event = await reader.next()) {
          lastEventId = event.lastEventId;
          begun.resolve();
          const orders: readonly SeenOrder[] = event.data.orders ?? (event.data.order ? [event.data.order] : []);
          if (orders.some(fits)) return true;
        }
        return false;
      }

      async function listen(): Promise<void> {
        while (!ending.signal.aborted) {
          // A stream that ends or that cannot be had now is begun again, from where the last one was.
          if (await stream().catch(() => false)) return;
          await pause(LOOK_MS);
        }
      }

      const heard = listen();
      return {
        begun: begun.promise,
        async told() {
          const patience = AbortSignal.timeout(PATIENCE_MS);
          const end = once(patience, "abort").then(() => Promise.reject(new Error("nobody told of the fill")));
          await Promise.race([heard, end]);
        },
        async [Symbol.asyncDispose]() {
          ending.abort();
          await heard;
        },
      };
    },
  };
}

/** Looks again and again, until something is found; says what was seen last when that takes too long. */
export async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  shown: () => unknown = () => "",
): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  while (performance.now() < end) {
    const found = await look();
    if (found !== undefined) return found;
    await pause(LOOK_MS);
  }
  throw new Error(`waited for ${what}: ${JSON.stringify(shown())}`);
}
