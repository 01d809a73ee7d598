/** A small client that speaks TWS's bytes itself, as the Python libraries do, and keeps every message. */
import { connect, type Socket } from "node:net";
import { expect } from "vitest";

export interface RawClient {
  /** Everything that came, as bytes. */
  readonly bytes: () => Buffer;
  /** Every message after the version reply, as fields. */
  readonly messages: () => readonly (readonly string[])[];
  readonly version: () => readonly string[] | undefined;
  send(...fields: readonly (string | number)[]): void;
  write(bytes: Buffer): void;
  /** Waits for the first message with this id, and gives all of it that have come. */
  until(id: number): Promise<readonly (readonly string[])[]>;
  readonly closed: Promise<void>;
  close(): void;
}

/** Connects and says which versions it speaks. */
export async function rawConnect(port: number, range: string): Promise<RawClient> {
  const client = await rawSocket(port);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(range.length);
  client.write(Buffer.concat([Buffer.from("API\0"), length, Buffer.from(range)]));
  return client;
}

/** Connects, and is a session of the client id. */
export async function rawSession(port: number, range: string, clientId: number): Promise<RawClient> {
  const client = await rawConnect(port, range);
  await expect.poll(client.version, { interval: 5 }).toBeDefined();
  client.send(71, 2, clientId, "");
  await client.until(9);
  return client;
}

/**
 * A connection on which nothing has been said.
 * @throws when it is refused.
 */
export async function rawSocket(port: number): Promise<RawClient> {
  const socket: Socket = connect(port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", () => resolve());
    socket.once("error", reject);
  });
  const bytes = (): Buffer => Buffer.concat(chunks);
  const all = (): string[][] => {
    const found: string[][] = [];
    let rest = bytes();
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
      const end = 4 + rest.readUInt32BE(0);
      found.push(rest.subarray(4, end).toString("utf8").split("\0").slice(0, -1));
      rest = rest.subarray(end);
    }
    return found;
  };
  const of = (id: number) =>
    all()
      .slice(1)
      .filter(([first]) => first === String(id));
  return {
    bytes,
    version: () => all()[0],
    messages: () => all().slice(1),
    send(...fields) {
      const body = Buffer.from(fields.map((field) => `${field}\0`).join(""));
      const length = Buffer.alloc(4);
      length.writeUInt32BE(body.length);
      socket.write(Buffer.concat([length, body]));
    },
    write: (data) => socket.write(data),
    async until(id) {
      await expect.poll(() => of(id).length, { interval: 5, timeout: 10_000 }).toBeGreaterThan(0);
      return of(id);
    },
    closed,
    close: () => socket.destroy(),
  };
}

/** A plain order of a stock as `ib_insync` writes it at 178: numbers that are not set are empty or 0. */
export function rawOrder(orderId: number, change: Readonly<Record<number, string | number>> = {}): (string | number)[] {
  const fields: (string | number)[] = Array.from({ length: 114 }, () => "");
  const plain: Readonly<Record<number, string | number>> = {
    ...{ 0: 3, 1: orderId, 2: 0, 3: "AAPL", 4: "STK", 6: "0.0", 9: "SMART", 11: "USD", 16: "BUY", 17: 10 },
    ...{ 18: "LMT", 19: 190.5, 21: "DAY", 25: 0, 26: "httag", 27: 1, 28: 0, 33: 0, 81: 0, 84: 0, 89: 0 },
  };
  for (const [index, value] of Object.entries({ ...plain, ...change })) fields[Number(index)] = value;
  return fields;
}
