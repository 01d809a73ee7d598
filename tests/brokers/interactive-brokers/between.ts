/** A TWS that says something of its own as well, or something else than it was about to. */
import { connect, createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { createFrameReader, encode, type Message } from "../../../simulators/tws/frames.ts";
import type { Tws } from "../../../simulators/tws/server.ts";

/**
 * @param say What to say to a message of the client before TWS has it.
 * @param instead What to say instead of a message of TWS, nothing for `undefined`.
 * @param behind What to say right behind a message of TWS, in one piece with it.
 */
export async function openBetween(
  { port }: Tws,
  say: (fields: readonly string[]) => Message | undefined,
  instead: (fields: readonly string[]) => Message | undefined = (fields) => fields,
  behind: (fields: readonly string[]) => Message | undefined = () => undefined,
): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((client) => {
    const there = connect(port, "127.0.0.1");
    const read = createFrameReader();
    const cut = createCutter();
    for (const [from, to] of [
      [client, there],
      [there, client],
    ] as const) {
      sockets.push(from);
      from.on("error", () => {});
      from.on("close", () => to.destroy());
    }
    there.on("data", (bytes) => {
      for (const fields of cut(bytes)) {
        const told = [instead(fields), behind(fields)].filter((message) => message !== undefined);
        if (told.length > 0) client.write(Buffer.concat(told.map(encode)));
      }
    });
    client.on("data", (bytes) => {
      for (const sent of read(bytes) ?? []) {
        const said = "fields" in sent ? say(sent.fields) : undefined;
        if (said !== undefined) client.write(encode(said));
      }
      there.write(bytes);
    });
  });
  return listening(server, sockets);
}

/** Lets a server listen until the end of the test, which ends these sockets too; gives the port. */
export async function listening(server: Server, sockets: readonly Socket[]): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Cuts what TWS sends into the fields of its messages. */
function createCutter(): (bytes: Buffer) => readonly (readonly string[])[] {
  let rest = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    const messages: string[][] = [];
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
      const end = 4 + rest.readUInt32BE(0);
      messages.push(rest.subarray(4, end).toString("utf8").split("\0").slice(0, -1));
      rest = rest.subarray(end);
    }
    return messages;
  };
}
