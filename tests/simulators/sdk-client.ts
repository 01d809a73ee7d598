/** The vendor's own client over a real socket, wrapped only so far that a test can wait for what it reports. */
import { vi } from "vitest";
import type { Plain } from "./protocol.ts";

interface Sdk {
  onlogin: ((ok: boolean, detail: unknown) => void) | null;
  onPush: ((cmd: number, message: Plain) => void) | null;
  readonly websock: { close(): void };
  start(host: string, port: number, ssl: boolean, key: string | null): void;
  getConnID(): unknown;
}

type SdkCall = (request: { c2s: Plain }) => Promise<{ s2c: Plain }>;

export interface SdkClient {
  /** What `onlogin` said first. */
  readonly loggedIn: boolean;
  readonly loginError: unknown;
  readonly pushes: readonly { readonly cmd: number; readonly s2c: Plain }[];
  connId(): string;
  /** Calls by the SDK's method name; a business failure rejects with the vendor's whole answer. */
  call(name: string, c2s: Plain): Promise<Plain>;
  place(header: Plain, order: Plain): Promise<Plain>;
  modify(header: Plain, change: Plain): Promise<Plain>;
  /** The text of a refusal; fails when the call succeeds. */
  refusal(call: Promise<Plain>): Promise<string>;
  close(): void;
}

/** The package carries no types; a name in a variable keeps the compiler from looking for them. */
const PACKAGE: string = "futu-api";

export async function sdkConnect(port: number, key: string | null = null): Promise<SdkClient> {
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  vi.spyOn(console, "debug").mockImplementation(() => undefined);
  const { default: FutuSdk }: { default: new () => Sdk } = await import(PACKAGE);
  const sdk = new FutuSdk();
  const pushes: { cmd: number; s2c: Plain }[] = [];
  let serialNo = 0;
  sdk.onPush = (cmd, message) => pushes.push({ cmd, s2c: plain(message["s2c"]) });
  const { ok, detail } = await new Promise<{ ok: boolean; detail: unknown }>((resolve) => {
    sdk.onlogin = (ok, detail) => resolve({ ok, detail });
    sdk.start("127.0.0.1", port, false, key);
  });
  const call = async (name: string, c2s: Plain): Promise<Plain> => {
    const method: SdkCall | undefined = Reflect.get(sdk, name);
    if (method === undefined) throw new Error(`the SDK has no ${name}`);
    return plain((await method.call(sdk, { c2s })).s2c);
  };
  const write = (name: string, c2s: Plain): Promise<Plain> => {
    serialNo += 1;
    return call(name, { packetID: { connID: sdk.getConnID(), serialNo }, ...c2s });
  };
  return {
    loggedIn: ok,
    loginError: detail,
    pushes,
    connId: () => String(sdk.getConnID()),
    call,
    place: (header, order) => write("PlaceOrder", { header, ...order }),
    modify: (header, change) => write("ModifyOrder", { header, ...change }),
    refusal: async (pending) => {
      const outcome = await pending.then(
        () => ({ retType: 0, retMsg: "" }),
        (error: { retType: number; retMsg: string }) => error,
      );
      if (outcome.retType === 0) throw new Error("the call was not refused");
      return outcome.retMsg;
    },
    close: () => sdk.websock.close(),
  };
}

/** The SDK's messages as plain data with 64-bit numbers as text. */
function plain(message: unknown): Plain {
  return message === undefined || message === null ? {} : JSON.parse(JSON.stringify(message));
}
