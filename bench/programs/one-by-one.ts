/** One client who asks one request after the other, and says how long each took. */

import { openConnection } from "../load/connection.ts";
import type { Ask } from "../load/load.ts";
import { serveSideChannel, setupOf } from "./side-channel.ts";

const { port, ask } = setupOf<{ readonly port: number; readonly ask: Ask }>();

serveSideChannel({}, { waits });

/** Microseconds of so many requests. */
async function waits(requests: number): Promise<readonly number[]> {
  const waited: number[] = [];
  // Anew each time: while other rows are measured, a server may close one that is idle.
  const connection = await openConnection(port, ask);
  for (let count = 0; count < requests; count += 1) {
    const began = performance.now();
    await connection.ask();
    waited.push((performance.now() - began) * 1000);
  }
  connection.close();
  return waited;
}
