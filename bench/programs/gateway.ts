/** A gateway that is measured: authentication, validation, envelope and desk as ever, over a broker that answers at once. */
import { openSync, writeSync } from "node:fs";
import type { HttpTradingOptions } from "../../mod.ts";
import { SETUPS, type SetupName } from "../setups.ts";
import { CASH, stubBroker } from "../stub-broker.ts";
import { loadHouse, loadServe, loadSqliteJournal, QUIET } from "./house.ts";
import { serveSideChannel, setupOf } from "./side-channel.ts";

/** What this program is to be. */
export interface GatewaySetup {
  readonly setup: SetupName;
  /** File of a SQLite journal. Default: a journal in memory. */
  readonly journal?: string;
}

const { setup, journal } = setupOf<GatewaySetup>();
const [house, serve] = await Promise.all([loadHouse(), loadServe()]);
let options: HttpTradingOptions = SETUPS[setup].options(house);
if (journal !== undefined) {
  const { sqliteJournal } = await loadSqliteJournal();
  options = { ...options, journal: sqliteJournal(journal) };
}
const { serve: serving } = SETUPS[setup];
if (serving?.logs !== undefined) consoleToNowhere();
const { port } = await serve(house.createHttpTrading(options), { ...QUIET, ...serving });

serveSideChannel({ port }, { direct });

/** Standard output is the side channel: logs are written elsewhere, with a system call for each line as there. */
function consoleToNowhere(): void {
  const nowhere = openSync("/dev/null", "w");
  const write = (line: string) => void writeSync(nowhere, `${line}\n`);
  Object.assign(console, { debug: write, info: write, warn: write, error: write });
}

/** How long the adapter takes when it is called without a gateway: so many calls one after the other, in microseconds. */
async function direct(calls: number): Promise<readonly number[]> {
  const broker = stubBroker(house, { instanceId: "instance_direct0", tokens: [] });
  const call = { signal: new AbortController().signal };
  const waits: number[] = [];
  for (let count = 0; count < calls; count += 1) {
    const began = performance.now();
    await broker.cash?.({ currency: CASH.currency }, call);
    waits.push((performance.now() - began) * 1000);
  }
  return waits;
}
