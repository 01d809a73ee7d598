/** OpenD's plain TCP protocol, with or without encryption. */
import { createServer, type Socket } from "node:net";
import * as v from "valibot";
import { type Listening, listen } from "../shared/listening.ts";
import { aesCipher, type Cipher, plainCipher } from "./cipher.ts";
import type { Gateway } from "./gateway.ts";
import { type BodyFormat, decodeRequest, encodeReply, isCommand } from "./messages.ts";
import { requests } from "./requests.ts";
import { createTcpFrameReader, digestOf, type TcpFrame, writeTcpFrame } from "./tcp-frames.ts";

const INIT = 1001;
/** OpenD drops a client that is silent for so long. */
const SILENCE_MS = 30_000;

/** Opens the TCP port; with `rsa` every client has to encrypt InitConnect. */
export function listenTcp(gateway: Gateway, port: number, host: string, rsa: Cipher | undefined): Promise<Listening> {
  return listen(
    createServer((socket) => serve(gateway, socket, rsa)),
    port,
    host,
  );
}

function serve(gateway: Gateway, socket: Socket, rsa: Cipher | undefined): void {
  const read = createTcpFrameReader();
  let cipher = rsa ?? plainCipher;
  let pushFormat: BodyFormat = "protobuf";
  let pushSerial = 0;

  const send = (cmd: number, serial: number, format: BodyFormat, plain: Uint8Array): void => {
    if (socket.destroyed) return;
    socket.write(writeTcpFrame({ cmd, format, serial, digest: digestOf(plain), body: cipher.encrypt(plain) }));
  };
  const connection = gateway.connect(
    {
      push: (cmd, reply) => {
        pushSerial += 1;
        send(cmd, pushSerial, pushFormat, encodeReply(cmd, reply, pushFormat));
      },
      terminate: () => socket.destroy(),
      freeze: () => socket.pause(),
    },
    INIT,
  );
  const silence = setTimeout(() => socket.destroy(), SILENCE_MS);

  const receive = ({ cmd, format, serial, digest, body }: TcpFrame): void => {
    const plain = opened(cipher, body, digest);
    if (plain === undefined) {
      socket.destroy();
      return;
    }
    const c2s = (): unknown => (isCommand(cmd) ? decodeRequest(cmd, plain, format) : {});
    connection.receive({
      cmd,
      c2s,
      answer(reply) {
        send(cmd, serial, format, encodeReply(cmd, reply, format));
        if (cmd !== INIT || reply.retType !== 0) return;
        const { connAESKey, aesCBCiv } = reply.s2c ?? {};
        const { packetEncAlgo, pushProtoFmt } = v.parse(requests.initConnect, c2s());
        pushFormat = pushProtoFmt === 1 ? "json" : "protobuf";
        cipher = rsa === undefined ? plainCipher : aesCipher(packetEncAlgo, String(connAESKey), String(aesCBCiv));
      },
    });
  };

  // A socket's error is always followed by its close, which is where the connection ends.
  socket.on("error", () => undefined);
  socket.on("close", () => {
    clearTimeout(silence);
    connection.closed();
  });
  socket.on("data", (chunk) => {
    silence.refresh();
    const frames = read(chunk);
    // What is no packet leaves no way to find the next one: OpenD closes such a connection.
    if (frames === undefined) socket.destroy();
    for (const frame of frames ?? []) if (!socket.destroyed) receive(frame);
  });
}

/** The plain body, `undefined` when it was not encrypted as agreed or its SHA-1 is another. */
function opened(cipher: Cipher, body: Buffer, digest: Buffer): Buffer | undefined {
  try {
    const plain = cipher.decrypt(body);
    return digestOf(plain).equals(digest) ? plain : undefined;
  } catch {
    return undefined;
  }
}
