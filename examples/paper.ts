/**
 * A paper account: trades against prices that move by themselves, and needs nothing. It is kept in a file beside the
 * journal's, httptrading.db unless JOURNAL says another; JOURNAL=memory forgets both when it ends.
 *
 *     npm start
 *     bun examples/paper.ts
 *     deno run --allow-net --allow-env --allow-read --allow-write examples/paper.ts
 *     node examples/paper.ts
 */
import { createHttpTrading } from "../mod.ts";
import { paper } from "../src/brokers/paper/index.ts";
import { DEMO, exampleJournal, journalFile, serveExample } from "./serve.ts";

const preset = "httptrading.db";
const file = journalFile(preset);
// An account that was forgotten beside a journal that was not would give the numbers of old orders to new ones.
const account = file === undefined ? {} : { stateFile: `${file.replace(/\.db$/, "")}-paper.json` };

await serveExample(createHttpTrading({ brokers: [paper({ ...DEMO, ...account })], journal: exampleJournal(preset) }));
