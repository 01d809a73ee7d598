/** The vendor protocol's real client for Node, as a test drives it: every event is kept, and 505 is a defect. */
import { ErrorCode, EventName, IBApi } from "@stoqey/ib";
import { expect } from "vitest";

/** What the SDK told: the name of the event and its arguments. */
export interface Told {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: the SDK's events have arguments of every shape
  readonly args: readonly any[];
}

export interface SdkClient {
  readonly api: IBApi;
  readonly told: Told[];
  /** Arguments of every event of a name so far. */
  // biome-ignore lint/suspicious/noExplicitAny: see above
  all(name: string): readonly (readonly any[])[];
  /** Waits for so many events of a name and gives their arguments. */
  // biome-ignore lint/suspicious/noExplicitAny: see above
  until(name: string, count?: number): Promise<readonly (readonly any[])[]>;
  /** Codes and texts of errors about a request or an order, or of notices for -1. */
  errors(id: number): readonly { readonly code: number; readonly text: string }[];
  close(): void;
}

/** Connects and waits until the session is usable. */
export async function sdkConnect(port: number, clientId: number): Promise<SdkClient> {
  const client = sdkClient(port, clientId);
  client.api.connect();
  await client.until("nextValidId");
  return client;
}

/** A client that has not connected yet. */
export function sdkClient(port: number, clientId: number): SdkClient {
  const api = new IBApi({ host: "127.0.0.1", port, clientId });
  const told: Told[] = [];
  const listen = api.on.bind(api) as (name: EventName, listener: (...args: unknown[]) => void) => unknown;
  const echoes: readonly EventName[] = [EventName.all, EventName.result, EventName.received, EventName.sent];
  for (const name of Object.values(EventName)) {
    if (!echoes.includes(name)) listen(name, (...args) => told.push({ name, args }));
  }
  const all = (name: string) => told.filter((each) => each.name === name).map(({ args }) => args);
  return {
    api,
    told,
    all,
    async until(name, count = 1) {
      await expect.poll(() => all(name).length, { interval: 5, timeout: 10_000 }).toBeGreaterThanOrEqual(count);
      return all(name);
    },
    errors: (id) => [
      ...all("error")
        .filter(([, , reqId]) => reqId === id)
        .map(([error, code]) => ({ code: Number(code), text: String(error.message) })),
      ...(id === -1 ? all("info").map(([text, code]) => ({ code: Number(code), text: String(text) })) : []),
    ],
    close() {
      const misread = all("error").filter(([, code]) => code === ErrorCode.UNKNOWN_ID || code === 505);
      api.disconnect();
      api.removeAllListeners();
      expect(misread.map(([error]) => String(error))).toEqual([]);
    },
  };
}
