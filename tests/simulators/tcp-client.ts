/** A client of OpenD's plain TCP protocol, written from the facts and not from the simulator's code. */
import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHash,
  createPublicKey,
  privateDecrypt,
  publicEncrypt,
} from "node:crypto";
import { connect } from "node:net";
import { type CallName, CMD, decodeReply, encodeRequest, nameOf, type Plain, type PlainReply } from "./protocol.ts";

export interface TcpClient {
  readonly connId: string;
  readonly init: Plain;
  /** Names of what came in, in order: answers and pushes. */
  readonly log: readonly string[];
  readonly pushes: readonly { readonly name: CallName; readonly s2c: Plain }[];
  /** Settles with the answer; rejects when the connection closes before it. */
  request(name: CallName, c2s: Plain): Promise<PlainReply>;
  /** A place with the next packet number. */
  place(header: Plain, order: Plain): Promise<PlainReply>;
  modify(header: Plain, change: Plain): Promise<PlainReply>;
  readonly closed: Promise<void>;
  /** Sends bytes as they are. */
  raw(bytes: Buffer): void;
  close(): void;
}

export interface TcpOptions {
  /** RSA private key (PEM) shared with the server: turns on encryption. */
  readonly rsaKey?: string;
  /** `packetEncAlgo`. Default -1, or 2 with a key. */
  readonly algorithm?: number;
  readonly json?: boolean;
}

type Seal = (bytes: Buffer) => Buffer;

const sha1 = (bytes: Buffer): Buffer => createHash("sha1").update(bytes).digest();
const same: Seal = (bytes) => bytes;

export function packet(cmd: number, serial: number, plain: Buffer, sealed: Buffer, json = false): Buffer {
  const header = Buffer.alloc(44);
  header.write("FT", 0, "latin1");
  header.writeUInt32LE(cmd, 2);
  header[6] = json ? 1 : 0;
  header.writeUInt32LE(serial, 8);
  header.writeUInt32LE(sealed.length, 12);
  sha1(plain).copy(header, 16);
  return Buffer.concat([header, sealed]);
}

export async function tcpConnect(port: number, options: TcpOptions = {}): Promise<TcpClient> {
  const { rsaKey, json = false } = options;
  const algorithm = options.algorithm ?? (rsaKey === undefined ? -1 : 2);
  let [seal, open] = rsaKey === undefined ? [same, same] : rsaPair(rsaKey);
  const socket = connect(port, "127.0.0.1");
  const pending = new Map<number, { resolve: (reply: PlainReply) => void; reject: (error: Error) => void }>();
  const log: string[] = [];
  const pushes: { name: CallName; s2c: Plain }[] = [];
  let serial = 0;
  let buffer: Buffer = Buffer.alloc(0);

  const closed = new Promise<void>((resolve) => {
    socket.on("close", () => {
      for (const { reject } of pending.values()) reject(new Error("the connection closed"));
      pending.clear();
      resolve();
    });
  });
  socket.on("error", () => undefined);
  socket.on("data", (chunk) => {
    buffer = Buffer.concat([buffer, chunk]);
    while (buffer.length >= 44 && buffer.length >= 44 + buffer.readUInt32LE(12)) {
      const end = 44 + buffer.readUInt32LE(12);
      const plain = open(buffer.subarray(44, end));
      if (!sha1(plain).equals(buffer.subarray(16, 36))) throw new Error("the SHA-1 of an answer is wrong");
      const [cmd, number, asJson] = [buffer.readUInt32LE(2), buffer.readUInt32LE(8), buffer[6] === 1];
      buffer = buffer.subarray(end);
      arrived(nameOf(cmd), number, plain, asJson);
    }
  });

  const arrived = (name: CallName, number: number, plain: Buffer, asJson: boolean): void => {
    log.push(name);
    const reply: PlainReply = asJson ? JSON.parse(plain.toString("utf8")) : decodeReply(name, plain);
    if (name === "Trd_UpdateOrder" || name === "Trd_UpdateOrderFill" || name === "Notify") {
      pushes.push({ name, s2c: reply.s2c });
      return;
    }
    pending.get(number)?.resolve(reply);
    pending.delete(number);
    if (name === "InitConnect" && rsaKey !== undefined && reply.retType === 0) {
      [seal, open] = aesPair(algorithm, String(reply.s2c["connAESKey"]), String(reply.s2c["aesCBCiv"]));
    }
  };

  const send = (name: CallName, number: number, c2s: Plain): Promise<PlainReply> =>
    new Promise((resolve, reject) => {
      if (socket.destroyed) return reject(new Error("the connection closed"));
      pending.set(number, { resolve, reject });
      const plain = json ? Buffer.from(JSON.stringify({ c2s }), "utf8") : encodeRequest(name, c2s);
      socket.write(packet(CMD[name], number, plain, seal(plain), json));
    });
  const write = (name: CallName, c2s: Plain): Promise<PlainReply> => {
    serial += 1;
    return send(name, serial, { packetID: { connID: connId, serialNo: serial }, ...c2s });
  };

  serial += 1;
  const init = await send("InitConnect", serial, {
    clientVer: 300,
    clientID: "PyNormal",
    recvNotify: true,
    packetEncAlgo: algorithm,
    pushProtoFmt: json ? 1 : 0,
    programmingLanguage: "Python",
  });
  if (init.retType !== 0) {
    socket.destroy();
    throw new Error(init.retMsg);
  }
  const connId = String(init.s2c["connID"]);
  return {
    connId,
    init: init.s2c,
    log,
    pushes,
    request: (name, c2s) => {
      serial += 1;
      return send(name, serial, c2s);
    },
    place: (header, order) => write("Trd_PlaceOrder", { header, ...order }),
    modify: (header, change) => write("Trd_ModifyOrder", { header, ...change }),
    closed,
    raw: (bytes) => void socket.write(bytes),
    close: () => socket.destroy(),
  };
}

function rsaPair(pem: string): [Seal, Seal] {
  const padding = constants.RSA_PKCS1_PADDING;
  const each = (bytes: Buffer, size: number, act: Seal): Buffer => {
    const parts: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) parts.push(act(bytes.subarray(at, at + size)));
    return Buffer.concat(parts);
  };
  return [
    (bytes) => each(bytes, 100, (part) => publicEncrypt({ key: createPublicKey(pem), padding }, part)),
    (bytes) => each(bytes, 128, (part) => privateDecrypt({ key: pem, padding }, part)),
  ];
}

function aesPair(algorithm: number, key: string, iv: string): [Seal, Seal] {
  if (algorithm === 2) {
    return [
      (bytes) => join(createCipheriv("aes-128-cbc", key, iv), bytes),
      (bytes) => join(createDecipheriv("aes-128-cbc", key, iv), bytes),
    ];
  }
  return [
    (bytes) => {
      const last = Buffer.alloc(16);
      last[15] = bytes.length % 16;
      const padded = Buffer.concat([bytes, Buffer.alloc((16 - (bytes.length % 16)) % 16)]);
      return Buffer.concat([join(createCipheriv("aes-128-ecb", key, null).setAutoPadding(false), padded), last]);
    },
    (bytes) => {
      const whole = bytes.subarray(0, -16);
      const plain = join(createDecipheriv("aes-128-ecb", key, null).setAutoPadding(false), whole);
      const cut = bytes.at(-1) ?? 0;
      return cut === 0 ? plain : plain.subarray(0, plain.length - 16 + cut);
    },
  ];
}

function join(stream: { update(bytes: Buffer): Buffer; final(): Buffer }, bytes: Buffer): Buffer {
  return Buffer.concat([stream.update(bytes), stream.final()]);
}
