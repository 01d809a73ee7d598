/** What clients send to the simulators: the readers of their frames and requests. */

import { createPublicKey } from "node:crypto";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { decode, type MessageName } from "../../../simulators/longport/messages.ts";
import { readRequest } from "../../../simulators/longport/packets.ts";
import { Refusal } from "../../../simulators/longport/refusal.ts";
import { checkSignature, signatureOf } from "../../../simulators/longport/signature.ts";
import { decodeRequest as decodeOpenD, isCommand } from "../../../simulators/opend/messages.ts";
import { createTcpFrameReader, digestOf, writeTcpFrame } from "../../../simulators/opend/tcp-frames.ts";
import { readWsFrame } from "../../../simulators/opend/ws-frames.ts";
import { readJson, writeJson } from "../../../simulators/tiger/json.ts";
import { VENDOR_PRIVATE_KEY } from "../../../simulators/tiger/keys.ts";
import { createFrameReader as createTigerReader, decodeRequest } from "../../../simulators/tiger/push-messages.ts";
import { clockError, isSignedBy, readTimestamp } from "../../../simulators/tiger/signature.ts";
import { createFrameReader as createTwsReader, encode } from "../../../simulators/tws/frames.ts";
import { CMD } from "../../../src/brokers/longport/protobuf.ts";
import { COMMAND, encodeRequest, ORDER_STATUS_DATA } from "../../../src/brokers/tiger/push-frames.ts";
import { type Bytes, mutated, stream, whole } from "../bytes.ts";
import { declared, must } from "../oracles.ts";
import { defineTarget } from "../target.ts";
import { mutatedJson, mutatedText } from "../texts.ts";
import { NOW } from "../vendors/drive.ts";
import { futuTalk } from "../vendors/futu.ts";
import { longportTalk } from "../vendors/longport.ts";

const LARGEST = 16 << 20;

/** These readers say only that they throw: what a client may do to a simulator is to be turned away. */
const isError = (error: unknown) => error instanceof Error;
const isSyntaxError = (error: unknown) => error instanceof SyntaxError || error instanceof RangeError;

const LONGPORT_REQUESTS: Readonly<Record<number, MessageName>> = {
  [CMD.auth]: "AuthRequest",
  [CMD.resume]: "ReconnectRequest",
  [CMD.subscribe]: "Topics",
  [CMD.tradingDays]: "MarketTradeDayRequest",
  [CMD.quote]: "SymbolsRequest",
};

/** What a reader that cuts a stream gives of it, whole and in pieces: the same, until it gives up. */
async function cutAlike<T>(
  create: () => (chunk: Buffer) => readonly T[] | undefined,
  chunks: readonly Bytes[],
): Promise<readonly T[]> {
  const readAll = (parts: readonly Bytes[]) => {
    const read = create();
    const found: T[] = [];
    for (const part of parts) {
      const more = read(Buffer.from(part));
      if (more === undefined) return { found, gaveUp: true };
      found.push(...more);
    }
    return { found, gaveUp: false };
  };
  const pieces = readAll(chunks);
  const atOnce = readAll([whole(chunks)]);
  must(pieces.gaveUp === atOnce.gaveUp, "cut otherwise the stream ends otherwise");
  if (!pieces.gaveUp)
    must(JSON.stringify(pieces.found) === JSON.stringify(atOnce.found), "cut otherwise the stream differs");
  return pieces.found;
}

const READERS = {
  async opendWebSocket([bytes = new Uint8Array()]: readonly Bytes[]) {
    const frame = readWsFrame(Buffer.from(bytes));
    if (frame === undefined || !isCommand(frame.cmd)) return;
    const { cmd, body } = frame;
    await declared(isError, () => decodeOpenD(cmd, body));
    await declared(isError, () => decodeOpenD(cmd, body, "json"));
  },
  async opendTcp(chunks: readonly Bytes[]) {
    await cutAlike(createTcpFrameReader, chunks);
  },
  async tws(chunks: readonly Bytes[]) {
    await cutAlike(createTwsReader, chunks);
  },
  async longport([bytes = new Uint8Array()]: readonly Bytes[]) {
    const packet = readRequest(Buffer.from(bytes));
    if (packet === undefined) return;
    must(packet.body.length <= LARGEST, "a body beyond all bounds", packet.body.length);
    await declared(isError, () => decode(LONGPORT_REQUESTS[packet.cmd] ?? "Empty", packet.body));
  },
  async tigerPush(chunks: readonly Bytes[]) {
    for (const frame of await cutAlike(createTigerReader, chunks)) await declared(isError, () => decodeRequest(frame));
  },
  async signature([bytes = new Uint8Array()]: readonly Bytes[]) {
    const text = Buffer.from(bytes).toString("utf8");
    const headers = Object.fromEntries(text.split("\n").map((line) => line.split(/:(.*)/s, 2)));
    const isRefusal = (error: unknown) => error instanceof Refusal;
    const caller = await declared(isRefusal, () => checkSignature(CALLER, SIGNED, headers, NOW));
    const token = caller?.accessToken ?? headers["authorization"];
    must(
      caller === undefined || token === "longport-access-token",
      "another token passed under the same signature",
      text,
    );
    must(!isSignedBy("text", text, VENDOR_KEY), "any text passed for a signature", text);
    const at = readTimestamp(text);
    must(at === undefined || Number.isFinite(clockError(at, NOW)), "a time that is none", text);
  },
  async tigerJson([bytes = new Uint8Array()]: readonly Bytes[]) {
    const value = await declared(isSyntaxError, () => readJson(Buffer.from(bytes).toString("utf8")));
    if (value !== undefined)
      await declared(
        (error) => error instanceof RangeError,
        () => void JSON.parse(writeJson(value)),
      );
  },
};

const VENDOR_KEY = createPublicKey(VENDOR_PRIVATE_KEY);
const TARGET = "/v1/trade/order?order_id=1";
const CALLER = { appKey: "longport-app-key", appSecret: "longport-app-secret" };
const SIGNED = { method: "GET", target: TARGET, body: new Uint8Array() };
const TIMESTAMP = String(NOW / 1000);

/** The headers of a request with the right signature, one a line. */
function signedHeaders(): string {
  const [appKey, accessToken] = [CALLER.appKey, "longport-access-token"];
  const signature = signatureOf({ ...SIGNED, appKey, accessToken, timestamp: TIMESTAMP }, CALLER.appSecret);
  const value = `HMAC-SHA256 SignedHeaders=authorization;x-api-key;x-timestamp, Signature=${signature}`;
  return [
    `authorization:${accessToken}`,
    `x-api-key:${appKey}`,
    `x-timestamp:${TIMESTAMP}`,
    `x-api-signature:${value}`,
  ].join("\n");
}

interface Input {
  readonly reader: keyof typeof READERS;
  readonly chunks: Bytes[];
}

export const simulators = defineTarget<Input>("simulators", 1_600, async () => {
  const opend = (await futuTalk()).flatMap(({ asked }) => asked ?? []);
  const { sent } = (await longportTalk()).talk;
  const tcp = opend.map((frame) => {
    const body = Buffer.from(frame.subarray(20));
    return writeTcpFrame({ cmd: 2001, format: "protobuf", serial: 1, digest: digestOf(body), body });
  });
  const tws = [
    encode([71, 2, 7, ""]),
    encode([3, 0, 0, "AAPL", "STK", "SMART", "USD", "BUY", 10, "LMT", 190.5]),
    encode([61, 1]),
  ];
  const hello = Buffer.concat([Buffer.from("API\0"), Buffer.from([0, 0, 0, 9]), Buffer.from("v100..193")]);
  const push = [
    encodeRequest({
      command: COMMAND.CONNECT,
      id: 1,
      connect: { tigerId: "20150001", sign: "x".repeat(300), sendInterval: 1000, receiveInterval: 1000 },
    }),
    encodeRequest({
      command: COMMAND.SUBSCRIBE,
      id: 2,
      subscribe: { dataType: ORDER_STATUS_DATA, account: "50190001" },
    }),
    encodeRequest({ command: COMMAND.HEARTBEAT, id: 3 }),
  ];
  const json = [
    '{"tiger_id":"20150001","method":"orders","biz_content":"{\\"id\\":38294729472947294}","id":38294729472947294}',
  ];
  const of = (reader: Input["reader"], chunks: fc.Arbitrary<Bytes[]>) =>
    chunks.map((each): Input => ({ reader, chunks: each }));
  const one = (bytes: fc.Arbitrary<Bytes>) => bytes.map((each) => [each]);
  return {
    inputs: fc.oneof(
      { weight: 30, arbitrary: of("opendWebSocket", one(mutated(opend))) },
      { weight: 20, arbitrary: of("opendTcp", stream(tcp)) },
      { weight: 20, arbitrary: of("tws", stream(tws, hello)) },
      { weight: 30, arbitrary: of("longport", one(mutated(sent))) },
      { weight: 30, arbitrary: of("tigerPush", stream(push)) },
      {
        weight: 20,
        arbitrary: of("tigerJson", one(mutatedJson(json).map((text) => Uint8Array.from(Buffer.from(text))))),
      },
      {
        weight: 15,
        arbitrary: of(
          "signature",
          one(mutatedText([signedHeaders(), "2025-05-28 14:30:00"]).map((text) => Uint8Array.from(Buffer.from(text)))),
        ),
      },
      { weight: 1, arbitrary: fc.constant<Input>({ reader: "longport", chunks: [bomb()] }) },
    ),
    check: ({ reader, chunks }) => READERS[reader](chunks),
  };
});

/** A request that unpacks to four times what a packet may hold. */
function bomb(): Bytes {
  const body = gzipSync(new Uint8Array(LARGEST * 4));
  const head = Buffer.alloc(11);
  head.writeUInt8(0x21, 0);
  head.writeUInt8(CMD.subscribe, 1);
  head.writeUIntBE(body.length, 8, 3);
  return Uint8Array.from(Buffer.concat([head, body]));
}
