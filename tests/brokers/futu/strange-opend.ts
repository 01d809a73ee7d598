/** An OpenD that answers as a test says, for what the simulator's does not do. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { type WebSocket as Peer, WebSocketServer } from "ws";
import { readWsFrame } from "../../../simulators/opend/ws-frames.ts";

/** A request, and who asked it. */
export interface Asked {
  readonly cmd: number;
  readonly section: bigint;
  readonly body: Uint8Array;
  readonly peer: Peer;
}

/** What it says of its state: logged in everywhere, every market open. */
export const STATE = {
  marketHK: 5,
  marketUS: 5,
  marketSH: 5,
  marketSZ: 5,
  marketHKFuture: 0,
  qotLogined: true,
  trdLogined: true,
  serverVer: 1011,
  serverBuildNo: 1,
  time: 1,
} as const;

/** Serves until the end of the test; gives the port. */
export async function serveRequests(onRequest: (asked: Asked) => void): Promise<number> {
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (peer) => {
    peer.on("message", (data) => {
      const frame = Buffer.isBuffer(data) ? readWsFrame(data) : undefined;
      if (frame === undefined) throw new Error("no frame");
      onRequest({ ...frame, peer });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const peer of sockets.clients) peer.terminate();
    sockets.close();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
