/** Lets an adapter do everything once against its simulator, so that what the vendor says to it can be recorded. */
import type { Broker } from "../../../src/spec/broker.ts";

/** A US regular session. */
export const NOW = Date.parse("2025-05-28T10:30:00-04:00");
export const AAPL = { tradeType: "Securities", region: "US", symbol: "AAPL" } as const;
export const TENCENT = { tradeType: "Securities", region: "HK", symbol: "00700" } as const;

const ORDER = {
  contract: AAPL,
  direction: "BUY",
  orderType: "Limit",
  timeInForce: "DAY",
  lifecycle: "RTH",
  qty: 10,
} as const;

/** Starts the broker, reads everything, places an order that rests and one that fills, changes and cancels, and closes. */
export async function drive(broker: Broker): Promise<void> {
  const call = { signal: AbortSignal.timeout(30_000) };
  const pushes: unknown[] = [];
  await broker.start?.({ onOrder: (order) => void pushes.push(order), onConnection: () => undefined });
  try {
    await broker.ping?.(call);
    await broker.cash?.({ currency: "USD" }, call);
    await broker.positions?.(call);
    await broker.quote?.(AAPL, call);
    await broker.marketStatus?.(call);
    const resting = await broker.placeOrder?.({ ...ORDER, price: 190, tag: "htaaaaaaaaaaaaaaaaaaaaaaaa" }, call);
    await broker.placeOrder?.({ ...ORDER, price: 210, tag: "htbbbbbbbbbbbbbbbbbbbbbbbb" }, call);
    const change = { qty: 20, price: 191, tag: "htaaaaaaaaaaaaaaaaaaaaaaaa" };
    const replaced = await broker.replaceOrder?.(resting?.orderId ?? "", change, call);
    await broker.order?.(replaced?.orderId ?? "", call);
    await broker.orders?.({ status: "all", fresh: true }, call);
    await broker.orders?.({ status: "open" }, call);
    await broker.cancelOrder?.(replaced?.orderId ?? "", call);
    await broker.orders?.({ status: "all" }, call);
    while (pushes.length < 3 && !call.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 5));
  } finally {
    await broker.close?.();
  }
}

/** An answer of an HTTP service. */
export interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly sent: string;
  readonly status: number;
  readonly text: string;
}

/** Acts, and gives what `fetch` was answered meanwhile. */
export async function recordFetch(act: () => Promise<void>): Promise<readonly Recorded[]> {
  const real = globalThis.fetch;
  const recorded: Recorded[] = [];
  globalThis.fetch = async (input, init) => {
    const response = await real(input, init);
    const text = await response.clone().text();
    const path = new URL(input instanceof Request ? input.url : String(input)).pathname;
    const sent = typeof init?.body === "string" ? init.body : "";
    recorded.push({ method: init?.method ?? "GET", path, sent, status: response.status, text });
    return response;
  };
  try {
    await act();
  } finally {
    globalThis.fetch = real;
  }
  return recorded;
}

/** Acts while `fetch` answers with this and nothing else. */
export async function answering<T>(status: number, text: string, act: () => Promise<T>): Promise<T> {
  const real = globalThis.fetch;
  globalThis.fetch = async () => new Response(text, { status });
  try {
    return await act();
  } finally {
    globalThis.fetch = real;
  }
}

/** Binary messages of WebSockets. */
export interface Talk {
  readonly received: readonly Uint8Array[];
  readonly sent: readonly Uint8Array[];
}

/** Acts, and gives what went over the WebSockets that were opened meanwhile. */
export async function recordWebSockets(act: () => Promise<void>): Promise<Talk> {
  const Real = globalThis.WebSocket;
  const received: Uint8Array[] = [];
  const sent: Uint8Array[] = [];
  globalThis.WebSocket = class extends Real {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      this.addEventListener("message", ({ data }: MessageEvent) => {
        if (data instanceof ArrayBuffer) received.push(new Uint8Array(data.slice(0)));
      });
    }
    override send(data: string | ArrayBuffer | Blob | ArrayBufferView<ArrayBuffer>): void {
      if (data instanceof ArrayBuffer) sent.push(new Uint8Array(data.slice(0)));
      else if (data instanceof Uint8Array) sent.push(Uint8Array.from(data));
      super.send(data);
    }
  };
  try {
    await act();
  } finally {
    globalThis.WebSocket = Real;
  }
  return { received, sent };
}
