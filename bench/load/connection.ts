/** The least that an HTTP client can do: one kept connection, one request at a time, without the cost of a client library. */
import { connect, type Socket } from "node:net";
import type { Ask } from "./load.ts";

/** An open connection. */
export interface Connection {
  /** Sends the request and resolves when its whole answer is there; rejects unless it is a 200. */
  ask(): Promise<void>;
  close(): void;
}

/** The request as it goes over the wire. */
export function requestText({ method, path, headers, body = "" }: Ask): string {
  const length = method === "POST" ? { "Content-Length": String(Buffer.byteLength(body)) } : {};
  const lines = Object.entries({ Host: "127.0.0.1", ...headers, ...length }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
}

export function openSocket(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    socket.once("error", reject).once("connect", () => resolve(socket.off("error", reject)));
  });
}

/** Opens one for a request that is sent again and again. */
export async function openConnection(port: number, ask: Ask): Promise<Connection> {
  const request = requestText(ask);
  const socket = await openSocket(port);
  let text = "";
  let waiting: { resolve: () => void; reject: (error: Error) => void } | undefined;
  const fail = (reason: string) => waiting?.reject(new Error(`${ask.method} ${ask.path}: ${reason}`));
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
    if (!isWhole(text)) return;
    const answer = text;
    text = "";
    if (answer.startsWith("HTTP/1.1 200")) waiting?.resolve();
    else fail(answer);
  });
  socket.on("close", () => fail("the connection broke"));
  return {
    ask: () =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) reject(new Error("the connection broke before it was asked"));
        waiting = { resolve, reject };
        socket.write(request);
      }),
    close: () => void socket.destroy(),
  };
}

function isWhole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
  return length === undefined ? text.endsWith("0\r\n\r\n") : text.length >= end + 4 + Number(length);
}
