/**
 * OpenD's messages, built and read from the `.proto` files that ship inside the npm package `futu-api`: what the
 * simulator speaks is by construction what the vendor's own client understands.
 */
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import protobuf from "protobufjs";

/** Every command the simulator serves or pushes, and the `.proto` package of its messages. */
const PROTOCOLS = {
  1: "InitWebSocket",
  1001: "InitConnect",
  1002: "GetGlobalState",
  1003: "Notify",
  1004: "KeepAlive",
  2001: "Trd_GetAccList",
  2005: "Trd_UnlockTrade",
  2008: "Trd_SubAccPush",
  2101: "Trd_GetFunds",
  2102: "Trd_GetPositionList",
  2201: "Trd_GetOrderList",
  2202: "Trd_PlaceOrder",
  2205: "Trd_ModifyOrder",
  2208: "Trd_UpdateOrder",
  2218: "Trd_UpdateOrderFill",
  2221: "Trd_GetHistoryOrderList",
  3202: "Qot_GetStaticInfo",
  3203: "Qot_GetSecuritySnapshot",
  3223: "Qot_GetMarketState",
} as const;

/** A command that has messages here. */
export type Command = keyof typeof PROTOCOLS;

/** How a body is written: OpenD's header says 0 for protobuf and 1 for JSON. */
export type BodyFormat = "protobuf" | "json";

/** The envelope of every answer and push. */
export interface Reply {
  /** `Common.RetType`: 0 succeeded, -1 failed, -500 the packet was invalid. */
  readonly retType: number;
  readonly retMsg?: string;
  readonly s2c?: Readonly<Record<string, unknown>>;
}

const protoFolder = join(dirname(createRequire(import.meta.url).resolve("futu-api/package.json")), "proto");
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => join(protoFolder, basename(target));
root.loadSync(
  Object.values(PROTOCOLS).map((name) => `${name}.proto`),
  { keepCase: true },
);

/** True for a command number that the simulator knows. */
export function isCommand(cmd: number): cmd is Command {
  return Object.hasOwn(PROTOCOLS, cmd);
}

/**
 * Reads the `c2s` part of a request. 64-bit numbers come as decimal text, repeated fields always as arrays.
 * @throws when the bytes are no such message or a required field is missing.
 */
export function decodeRequest(cmd: Command, body: Uint8Array, format: BodyFormat = "protobuf"): unknown {
  const type = root.lookupType(`${PROTOCOLS[cmd]}.Request`);
  const message =
    format === "json" ? type.fromObject(JSON.parse(Buffer.from(body).toString("utf8"))) : type.decode(body);
  const plain: { c2s?: unknown } = type.toObject(message, { longs: String, arrays: true });
  return plain.c2s ?? {};
}

/**
 * Writes an answer or a push. To a command without messages only a failure can be answered, which is the same in all.
 * @throws when a required field was left out, which would be a fault of the simulator.
 */
export function encodeReply(cmd: number, reply: Reply, format: BodyFormat = "protobuf"): Uint8Array {
  const name = isCommand(cmd) ? PROTOCOLS[cmd] : PROTOCOLS[1004];
  const type = root.lookupType(`${name}.Response`);
  const message = type.fromObject(reply);
  const fault = type.verify(message);
  if (fault !== null) throw new Error(`the simulator built a wrong ${name} message: ${fault}`);
  if (format === "json") return Buffer.from(JSON.stringify(type.toObject(message, { longs: String })), "utf8");
  return type.encode(message).finish();
}
