/** What TWS sends: its stream through the vendor's decoder, our link around that, and the store of orders behind. */
import { IBApi } from "@stoqey/ib";
import { startTws } from "../../../simulators/tws/server.ts";
import { toCash, toOrder, toQuote, toTime } from "../../../src/brokers/interactive-brokers/convert.ts";
import { marketStatusAt } from "../../../src/brokers/interactive-brokers/hours.ts";
import { interactiveBrokers } from "../../../src/brokers/interactive-brokers/index.ts";
import { loadLibrary, openLink } from "../../../src/brokers/interactive-brokers/link.ts";
import type { AccountValue, Message } from "../../../src/brokers/interactive-brokers/messages.ts";
import { createOrderStore, type OrderStore } from "../../../src/brokers/interactive-brokers/order-store.ts";
import { isBrokerError } from "../../../src/spec/broker-error.ts";
import { type Bytes, stream } from "../bytes.ts";
import { brokerErrors, finite, isOrder, must } from "../oracles.ts";
import { defineTarget } from "../target.ts";
import { AAPL, drive, NOW } from "../vendors/drive.ts";

/** The vendor's socket, where bytes come in. */
interface Wire {
  onData(data: Buffer): void;
}

interface Internals {
  readonly controller: {
    readonly socket: Wire & { client: object; _status: number; readonly _v100MessageBuffer: Buffer };
  };
}

const CLIENT_ID = 7;
const CONNECTING = 2;
const NOTHING = () => undefined;
/** Takes what is sent, and never was connected. */
const NOWHERE = { write: NOTHING, end: NOTHING, destroy: NOTHING };

/** As much as a message of TWS may have, with what came with it. */
const LARGEST = 0xffffff + 0x10000;

export const interactiveBrokersStream = defineTarget<Bytes[]>("interactive-brokers", 2_000, async () => {
  const chunks = await recorded();
  const [version, ...frames] = framesOf(Buffer.concat(chunks));
  must(version !== undefined && frames.length > 20, "nothing was recorded", frames.length);
  const logIn = frames.filter((frame) => ["9", "15"].includes(frame.subarray(4).toString("utf8").split("\0")[0] ?? ""));
  return {
    inputs: stream(frames, Buffer.concat([version, ...logIn.slice(0, 2)])),
    async check(parts) {
      let socket: Internals["controller"]["socket"] | undefined;
      /** The vendor's class, without a network. */
      class Offline extends IBApi {
        override connect(): this {
          socket = internalsOf(this).controller.socket;
          socket.client = NOWHERE;
          socket._status = CONNECTING;
          return this;
        }
      }
      const store = newStore();
      const seen = new Seen(store);
      const stop = new AbortController();
      const opening = openLink({
        library: await loadLibrary({ IBApi: Offline }),
        host: "127.0.0.1",
        port: 1,
        clientId: CLIENT_ID,
        timeoutMs: 60_000,
        signal: stop.signal,
        onMessage: (message) => seen.take(message),
      });
      const opened = opening.catch((error: unknown) => error);
      for (const part of parts) socket?.onData(Buffer.from(part));
      must((socket?._v100MessageBuffer.length ?? 0) <= LARGEST, "bytes that nobody will ever read pile up");
      await seen.check();
      stop.abort();
      const ended = await opened;
      if (ended instanceof Error) must(isBrokerError(ended), "a link that fails with another error", String(ended));
    },
  };
});

function internalsOf(api: object): Internals {
  return api as Internals;
}

function newStore(): OrderStore {
  return createOrderStore({ clientId: CLIENT_ID, account: () => undefined, now: () => NOW, toTime, dayBegan: () => 0 });
}

/** What came through, made into our words. */
class Seen {
  readonly #store: OrderStore;
  readonly #permIds = new Set<number>();
  readonly #values: AccountValue[] = [];
  #fault: unknown;

  constructor(store: OrderStore) {
    this.#store = store;
  }

  /** The link takes what a listener throws for an unreadable message: here it is kept. */
  take(message: Message): void {
    try {
      finite(message, message.kind);
      const permId = this.#store.hear(message);
      if (permId !== undefined) this.#permIds.add(permId);
      if (message.kind === "accountValue") this.#values.push(message);
      if (message.kind === "contractDetails") {
        const { tradingHours, liquidHours, timeZoneId } = message.details;
        marketStatusAt("US", "AAPL", { tradingHours, liquidHours, timeZoneId }, NOW);
      }
    } catch (error) {
      this.#fault ??= error;
    }
  }

  async check(): Promise<void> {
    if (this.#fault !== undefined) throw this.#fault;
    for (const permId of this.#permIds) {
      const known = this.#store.get(permId);
      const order = known && toOrder(known, AAPL, CLIENT_ID);
      if (order === undefined) continue;
      must(Number.isSafeInteger(permId) && permId > 0, "an order's number that lost digits", permId);
      isOrder(order);
    }
    const cash = await brokerErrors(() => toCash(this.#values, "USD"));
    finite(cash, "cash");
    const ticks = { prices: new Map(), lastTime: undefined, halted: false };
    await brokerErrors(() => toQuote(AAPL, "USD", ticks, NOW));
  }
}

/** Cuts whole frames out of a stream. */
function framesOf(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    frames.push(bytes.subarray(at, end));
    at = end;
  }
  return frames;
}

/** What a TWS says to the adapter, in the order in which it came on one connection. */
async function recorded(): Promise<readonly Buffer[]> {
  const chunks: Buffer[] = [];
  class Recording extends IBApi {
    override connect(clientId?: number): this {
      const connected = super.connect(clientId);
      const { socket } = internalsOf(this).controller;
      const take = socket.onData.bind(socket);
      socket.onData = (data) => {
        chunks.push(data);
        take(data);
      };
      return connected as this;
    }
  }
  const tws = await startTws({ now: NOW, limits: false });
  try {
    await drive(
      interactiveBrokers({
        instanceId: "ibInstance0000000001",
        tokens: ["ibInstanceToken00001"],
        port: tws.port,
        clientId: CLIENT_ID,
        sdk: { IBApi: Recording },
      }),
    );
  } finally {
    await tws.close();
  }
  return chunks;
}
