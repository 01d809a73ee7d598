/** The vendor's messages for hand-written clients: loaded here once more, so that a fault of the simulator's own codec shows. */
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import protobuf from "protobufjs";

export const CMD = {
  InitWebSocket: 1,
  InitConnect: 1001,
  GetGlobalState: 1002,
  Notify: 1003,
  KeepAlive: 1004,
  Trd_GetAccList: 2001,
  Trd_UnlockTrade: 2005,
  Trd_SubAccPush: 2008,
  Trd_GetFunds: 2101,
  Trd_GetPositionList: 2102,
  Trd_GetOrderList: 2201,
  Trd_PlaceOrder: 2202,
  Trd_ModifyOrder: 2205,
  Trd_UpdateOrder: 2208,
  Trd_UpdateOrderFill: 2218,
  Trd_GetHistoryOrderList: 2221,
  Qot_GetStaticInfo: 3202,
  Qot_GetSecuritySnapshot: 3203,
  Qot_GetMarketState: 3223,
} as const;

export type CallName = keyof typeof CMD;

/** Plain data of a message. */
export type Plain = Readonly<Record<string, unknown>>;

/** Looks into a message: `at(reply, "orderList", 0, "code")`; `undefined` where there is nothing. */
export function at(message: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    message,
  );
}

/** The same for a list; an empty one where there is nothing. */
export function listAt(message: unknown, ...path: readonly (string | number)[]): readonly Plain[] {
  const found = at(message, ...path);
  return Array.isArray(found) ? found : [];
}

export interface PlainReply {
  readonly retType: number;
  readonly retMsg?: string;
  readonly s2c: Plain;
}

const folder = join(dirname(createRequire(import.meta.url).resolve("futu-api/package.json")), "proto");
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => join(folder, basename(target));
root.loadSync(
  Object.keys(CMD).map((name) => `${name}.proto`),
  { keepCase: true },
);

export function nameOf(cmd: number): CallName {
  const found = Object.entries(CMD).find(([, number]) => number === cmd);
  if (found === undefined) throw new Error(`no message for ${cmd}`);
  return found[0] as CallName;
}

export function encodeRequest(name: CallName, c2s: Plain): Buffer {
  const type = root.lookupType(`${name}.Request`);
  return Buffer.from(type.encode(type.fromObject({ c2s })).finish());
}

export function decodeReply(name: CallName, body: Uint8Array): PlainReply {
  const type = root.lookupType(`${name}.Response`);
  const plain = type.toObject(type.decode(body), { longs: String, arrays: true });
  const { retType, retMsg, s2c = {} }: Partial<PlainReply> & Pick<PlainReply, "retType"> = { retType: -400, ...plain };
  return { retType, ...(retMsg === undefined ? {} : { retMsg }), s2c };
}
