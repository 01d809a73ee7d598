/**
 * Puts one broker through the conformance suite and prints the results as JSON:
 *
 *     node|bun|deno tests/conformance/run.ts STAGE [URL of a host of simulators]
 *
 * Without a URL the simulators run in this process, which Node alone can be relied on for.
 */
import process from "node:process";
import { runConformance } from "../../src/testing/index.ts";
import { STAGES } from "./stages/index.ts";
import { startSimulatorHost } from "./stages/simulator-host.ts";

const [name = "", givenHost] = process.argv.slice(2);
const stageOf = STAGES[name];
if (stageOf === undefined) {
  process.stderr.write(`there is no stage "${name}"; there are ${Object.keys(STAGES).join(", ")}\n`);
  process.exit(2);
}
const host = givenHost === undefined ? await startSimulatorHost() : undefined;
const results = await runConformance(stageOf(givenHost ?? host?.url ?? ""));
await host?.close();
// SDK fault of Longport (exit): a call that lost its venue waits for it for ever, and keeps the process alive.
process.stdout.write(`${JSON.stringify(results)}\n`, () => process.exit());
