/** The socket of TWS. */
import { createServer, type Socket } from "node:net";
import { type Listening, listen } from "../shared/listening.ts";
import { createFrameReader, encode } from "./frames.ts";
import type { Gateway } from "./gateway.ts";

/** Opens the port. */
export function listenTws(gateway: Gateway, port: number, host: string): Promise<Listening> {
  return listen(
    createServer((socket) => serve(gateway, socket)),
    port,
    host,
  );
}

function serve(gateway: Gateway, socket: Socket): void {
  const read = createFrameReader();
  const connection = gateway.connect({
    send: (message) => {
      if (!socket.destroyed) socket.write(encode(message));
    },
    end: () => socket.destroySoon(),
    terminate: () => socket.destroy(),
    freeze: () => socket.pause(),
  });
  // A socket's error is always followed by its close, which is where the connection ends.
  socket.on("error", () => undefined);
  socket.on("close", () => connection.closed());
  socket.on("data", (chunk) => {
    const received = read(chunk);
    if (received === undefined) socket.destroy();
    for (const each of received ?? []) if (!socket.destroyed) connection.receive(each);
  });
}
