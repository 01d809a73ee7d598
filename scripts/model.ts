/** `npm run model`: see HELP. What is tried in short by `npm test` goes on here for as many seeds as one likes. */
import { parseArgs } from "node:util";
import { fileJournal, type MortalJournal } from "../tests/desk/model/file-journal.ts";
import { historyOf } from "../tests/desk/model/history.ts";
import { findFault, STEPS } from "../tests/desk/model/run.ts";
import { orUsage } from "./or-usage.ts";

const HELP = `usage: npm run model -- [options]

Lets a desk live through random histories of orders, fills, faults and restarts at a venue that is a model, and holds
what it sends, answers, counts and tells against what is so there. Prints of each fault the seed and the shortest history
that shows it. Ends with 1 if a fault was found.

      --seeds N  how many histories (default 1000)
      --from N   the seed of the first, the others count up from it (default 1)
      --steps N  how long each is (default ${STEPS}); another length is another history
      --file     writes the journal to a file in a temporary folder`;

const asked = orUsage(HELP, askedFor);
if (asked !== undefined) await asked();

/** What the arguments ask for, all of them checked. */
function askedFor(): () => unknown {
  const text = { type: "string" } as const;
  const options = {
    seeds: text,
    from: text,
    steps: text,
    file: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  } as const;
  const { values } = parseArgs({ options });
  if (values.help === true) return () => console.log(HELP);
  const from = wholeNumber("from", values.from, 1);
  const last = from + wholeNumber("seeds", values.seeds, 1000) - 1;
  const steps = wholeNumber("steps", values.steps, STEPS);
  return () => tellAll(from, last, steps, values.file ? fileJournal : undefined);
}

async function tellAll(first: number, last: number, steps: number, journal?: () => MortalJournal): Promise<void> {
  let faults = 0;
  for (let seed = first; seed <= last; seed += 1) {
    const fault = await findFault(historyOf(seed, steps), journal);
    if (fault === undefined) continue;
    faults += 1;
    console.log(`${fault}\n`);
  }
  console.log(`${last - first + 1} histories of ${steps} steps, ${faults} faults, seeds ${first} to ${last}`);
  if (faults > 0) process.exitCode = 1;
}

function wholeNumber(name: string, given: string | undefined, fallback: number): number {
  if (given === undefined) return fallback;
  if (/^[1-9]\d{0,8}$/.test(given)) return Number(given);
  throw new TypeError(`--${name} must be a whole number above 0, not ${given}`);
}
