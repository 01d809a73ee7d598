/** A thousand followers of the changes of orders and one who places them, each when all have heard of the one before. */
import { openConnection, openSocket, requestText } from "../load/connection.ts";
import type { Ask } from "../load/load.ts";
import { serveSideChannel, setupOf } from "./side-channel.ts";

const { port, place, follow, followers } = setupOf<{
  readonly port: number;
  readonly place: Ask;
  readonly follow: Ask;
  readonly followers: number;
}>();

const EVENT = Buffer.from("\nevent: order\n");
let heard = 0;
let awaited = Number.POSITIVE_INFINITY;
let allHeard: () => void = () => undefined;

await placeAlone();
await Promise.all(Array.from({ length: followers }, begin));
serveSideChannel({}, { changes });

/** Orders enough that the server has compiled what places them: those that are followed are few, and would pay for it. */
async function placeAlone(): Promise<void> {
  const connection = await openConnection(port, place);
  for (let count = 0; count < 3000; count += 1) await connection.ask();
  connection.close();
}

/** Follows; resolves when the stream has begun. */
async function begin(): Promise<void> {
  const socket = await openSocket(port);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.on("data", (bytes) => {
    resolve();
    for (let at = bytes.indexOf(EVENT); at >= 0; at = bytes.indexOf(EVENT, at + EVENT.length)) heard += 1;
    if (heard >= awaited) allHeard();
  });
  socket.on("close", () => reject(new Error("a stream of events ended")));
  socket.write(requestText(follow));
  return promise;
}

/** Places orders for so many seconds; gives the events that were heard, and how long each order took in microseconds. */
async function changes(seconds: number): Promise<{ events: number; seconds: number; waits: readonly number[] }> {
  const waits: number[] = [];
  // Anew each time: while other rows are measured, a server may close one that is idle.
  const orderer = await openConnection(port, place);
  const first = heard;
  const began = performance.now();
  let elapsed = 0;
  while (elapsed < seconds) {
    awaited = heard + followers;
    const all = new Promise<void>((resolve) => {
      allHeard = resolve;
    });
    const asked = performance.now();
    await orderer.ask();
    waits.push((performance.now() - asked) * 1000);
    await all;
    elapsed = (performance.now() - began) / 1000;
  }
  orderer.close();
  return { events: heard - first, seconds: elapsed, waits };
}
