/**
 * Starts brokers over the SDK at the port given, closes them, and prints how many: at once, while the SDK still connects for
 * quotes, and after a look at both of its links. That the process ends shows that nothing of the SDK is left in it.
 */
import process from "node:process";
import { longport } from "../../../src/brokers/longport/index.ts";
import { optionsFor } from "./options.ts";

const port = Number(process.argv[2]);
let closed = 0;
for (const looks of [false, true]) {
  const broker = longport({ ...optionsFor(port), transport: "native" });
  await broker.start?.({ onOrder: () => {}, onConnection: () => {} });
  if (looks && !(await broker.ping?.({ signal: AbortSignal.timeout(20_000) }))) throw new Error("ping is false");
  await broker.close?.();
  closed += 1;
}
process.stdout.write(`closed: ${closed}\n`);
