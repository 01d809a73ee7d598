/** The push service's ports: TLS as at the vendor, and plain for clients that are told to use none. */
import { createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { type Listening, listen } from "../shared/listening.ts";
import { PUSH_TLS } from "./keys.ts";
import type { OrderPushes } from "./order-pushes.ts";
import { createFrameReader, decodeRequest, encodeResponse } from "./push-messages.ts";

/** Opens a port of the service; closing it ends every connection, those in the middle of a handshake too. */
export async function listenPush(pushes: OrderPushes, port: number, host: string, isTls: boolean): Promise<Listening> {
  const sockets = new Set<Socket>();
  const serveOne = (socket: Socket): void => serve(pushes, socket);
  const server = isTls ? createTlsServer(PUSH_TLS, serveOne) : createServer(serveOne);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  const listening = await listen(server, port, host);
  return {
    port: listening.port,
    async close() {
      const closed = listening.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function serve(pushes: OrderPushes, socket: Socket): void {
  const read = createFrameReader();
  const connection = pushes.connect({
    send: (response) => {
      if (!socket.destroyed) socket.write(encodeResponse(response));
    },
    end: () => socket.end(() => socket.destroy()),
    terminate: () => socket.destroy(),
    freeze: () => socket.pause(),
  });
  // A socket's error is always followed by its close, which is where the connection ends.
  socket.on("error", () => undefined);
  socket.on("close", () => connection.closed());
  socket.on("data", (chunk: Buffer) => {
    try {
      const frames = read(chunk);
      if (frames === undefined) socket.destroy();
      for (const frame of frames ?? []) if (!socket.destroyed) connection.receive(decodeRequest(frame));
    } catch {
      // Bytes that are no message leave no way to find the next one.
      socket.destroy();
    }
  });
}
