/** `npm run soak`: see HELP, and soak/run.ts for what happens. */
import { parseArgs } from "node:util";
import { BROKERS, type BrokerName } from "./soak/brokers.ts";
import { SOAK_FAULTS } from "./soak/chaos.ts";
import { reportOf } from "./soak/report.ts";
import { type SoakOptions, soak } from "./soak/run.ts";

const HELP = `usage: npm run soak -- [options]

One gateway with all brokers and a SQLite journal, under a load of reads and writes, while its vendors' simulators do what
goes wrong in the world. Ends with 0 if ledger, journal and clients tell the same story and nothing has leaked.

      --minutes N         of load (default 60); what is settled afterwards takes some more
      --clients N         shared among the brokers (default 100)
      --seed N            of all choices (default: a new one, which is printed)
      --brokers LIST      of ${BROKERS.join(",")} (default all)
      --faults LIST       default all, "none" for none, or of
${columns(SOAK_FAULTS)}
      --fault-every MS    mean between two blows to one broker (default 8000)
      --kills N           how often the gateway is killed (default one every 10 minutes)
      --transport WAY     of Longport: web (default) or native
      --journal FILE      keeps the journal there (default: none is kept)`;

/** A list in lines of four, under the texts of the options. */
function columns(names: readonly string[]): string {
  const lines = names.flatMap((_, index) => (index % 4 === 0 ? [names.slice(index, index + 4).join(",")] : []));
  return lines.map((line) => `${" ".repeat(26)}${line}`).join("\n");
}

class UsageError extends Error {}

function optionsOf(args: string[]): SoakOptions | undefined {
  const text = { type: "string" } as const;
  const { values } = parse(args, {
    minutes: text,
    clients: text,
    seed: text,
    brokers: text,
    faults: text,
    "fault-every": text,
    kills: text,
    transport: text,
    journal: text,
    help: { type: "boolean", short: "h" },
  });
  if (values.help === true) return undefined;
  const minutes = numberOf("minutes", values.minutes, 60);
  // A timer cannot count more than 24 days: the load would be over at once, and nothing found.
  if (minutes > 34_560) throw new UsageError(`--minutes must be 34560 (24 days) at most, not ${minutes}`);
  const { transport = "web" } = values;
  if (transport !== "web" && transport !== "native") {
    throw new UsageError(`--transport must be web or native, not "${transport}"`);
  }
  const brokers = listOf("brokers", values.brokers, BROKERS, isBroker);
  const clients = numberOf("clients", values.clients, 100);
  if (clients < brokers.length) throw new UsageError(`--clients must be one a broker at least, not ${clients}`);
  return {
    minutes,
    seed: numberOf("seed", values.seed, Math.floor(Math.random() * 1_000_000)),
    clients,
    brokers,
    faults: values.faults === "none" ? [] : listOf("faults", values.faults, SOAK_FAULTS, isFault),
    faultEveryMs: numberOf("fault-every", values["fault-every"], 8000),
    kills: Math.floor(numberOf("kills", values.kills, minutes / 10)),
    transport,
    patienceMs: 180_000,
    ...(values.journal === undefined ? {} : { journal: values.journal }),
    print: (line) => console.log(line),
  };
}

function parse<const T extends NonNullable<Parameters<typeof parseArgs>[0]>["options"]>(args: string[], options: T) {
  try {
    return parseArgs({ args, options, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function numberOf(option: string, value: string | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  const number = Number(value);
  if (value.trim() === "" || !Number.isFinite(number) || number < 0)
    throw new UsageError(`--${option} must be a number, not "${value}"`);
  return number;
}

function listOf<T extends string>(
  option: string,
  value: string | undefined,
  all: readonly T[],
  isOne: (name: string) => name is T,
): readonly T[] {
  if (value === undefined) return all;
  return value.split(",").map((name) => {
    if (!isOne(name)) throw new UsageError(`--${option} takes ${all.join(", ")}, not "${name}"`);
    return name;
  });
}

function isFault(name: string): name is string {
  return SOAK_FAULTS.includes(name);
}

function isBroker(name: string): name is BrokerName {
  return (BROKERS as readonly string[]).includes(name);
}

// On the way out every simulator is ended.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

try {
  const options = optionsOf(process.argv.slice(2));
  if (options === undefined) console.log(HELP);
  else {
    const { minutes, clients, brokers, seed, kills } = options;
    console.log(`${minutes} minutes, ${clients} clients, ${brokers.join(", ")}, ${kills} kills, seed ${seed}`);
    const result = await soak(options);
    for (const line of reportOf(result)) console.log(line);
    // A client whose write is not settled goes on asking.
    process.exit(result.faults.length === 0 ? 0 : 1);
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${HELP}`);
  process.exitCode = 2;
}
