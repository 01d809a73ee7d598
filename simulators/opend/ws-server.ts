/** OpenD's WebSocket, with or without TLS. */
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { type WebSocket, WebSocketServer } from "ws";
import { type Listening, listen } from "../shared/listening.ts";
import type { Gateway } from "./gateway.ts";
import { decodeRequest, encodeReply, isCommand, type Reply } from "./messages.ts";
import { readWsFrame, WS_ERRORS, writeWsFrame } from "./ws-frames.ts";

/** Certificate and key as PEM text. */
export interface TlsOptions {
  readonly cert: string;
  readonly key: string;
}

const INIT = 1;
/** Pushes belong to no request. */
const PUSH_SECTION = 0n;

/** Opens the WebSocket's port. */
export async function listenWebSocket(
  gateway: Gateway,
  port: number,
  host: string,
  tls: TlsOptions | undefined,
): Promise<Listening> {
  const server = tls === undefined ? createServer() : createSecureServer({ cert: tls.cert, key: tls.key });
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket) => serve(gateway, socket));
  // The server's errors once more, which are told by `listen`: unheard they would end the process.
  sockets.on("error", () => undefined);
  const listening = await listen(server, port, host);
  return {
    port: listening.port,
    async close() {
      sockets.close();
      const closed = listening.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function serve(gateway: Gateway, socket: WebSocket): void {
  const connection = gateway.connect(
    {
      push: (cmd, reply) => socket.send(writeWsFrame({ cmd, section: PUSH_SECTION, body: encodeReply(cmd, reply) })),
      terminate: () => socket.terminate(),
      freeze: () => socket.pause(),
    },
    INIT,
  );
  // A socket's error is always followed by its close, which is where the connection ends.
  socket.on("error", () => undefined);
  socket.on("close", () => connection.closed());
  socket.on("message", (data, isBinary) => {
    const frame = isBinary && Buffer.isBuffer(data) ? readWsFrame(data) : undefined;
    if (frame === undefined) return socket.terminate();
    const { cmd, section, body } = frame;
    connection.receive({
      cmd,
      c2s: () => (isCommand(cmd) ? decodeRequest(cmd, body) : {}),
      answer(reply: Reply, wsError: number) {
        socket.send(writeWsFrame({ cmd, section, error: wsError, body: encodeReply(cmd, reply) }));
        if (cmd === INIT && wsError !== WS_ERRORS.none) socket.close();
      },
    });
  });
}
