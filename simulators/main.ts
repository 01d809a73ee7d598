/**
 * `npm run simulate -- <simulator> [options]`: runs a simulator until SIGTERM or SIGINT.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { longport } from "./longport/command.ts";
import { opend } from "./opend/command.ts";
import { type SimulatorCommand, UsageError } from "./shared/command.ts";
import { tiger } from "./tiger/command.ts";
import { tws } from "./tws/command.ts";

const SIMULATORS: Readonly<Record<string, SimulatorCommand>> = { opend, longport, tiger, tws };

const EXIT_USAGE = 2;

/** Of one simulator where it is known which, else of all. */
function usage(asked?: string): string {
  const known = Object.entries(SIMULATORS);
  const meant = known.filter(([name]) => name === asked);
  const blocks = (meant.length > 0 ? meant : known).map(
    ([name, { usage: lines }]) => `  npm run simulate -- ${name} [options]\n${lines}`,
  );
  return `Usage: npm run simulate -- <${Object.keys(SIMULATORS).join("|")}> [options]\n\n${blocks.join("\n\n")}\n`;
}

async function main(args: readonly string[]): Promise<void> {
  const [name = "", ...rest] = args;
  if (name === "--help" || name === "-h") {
    process.stdout.write(usage());
    return;
  }
  if (rest.some((word) => word === "--help" || word === "-h")) {
    process.stdout.write(usage(name));
    return;
  }
  const command = Object.hasOwn(SIMULATORS, name) ? SIMULATORS[name] : undefined;
  if (command === undefined) {
    throw new UsageError(name === "" ? "say which simulator" : `there is no simulator "${name}"`);
  }
  const running = await command.start(valuesOf(command.options, rest));
  process.stdout.write(`${running.ready}\n`);
  await Promise.race([signalled(), abandonedByNpm()]);
  await running.close();
}

function valuesOf(options: ParseArgsOptionsConfig, args: string[]): Readonly<Record<string, unknown>> {
  try {
    return parseArgs({ args, options, allowPositionals: false, strict: true }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
}

/**
 * Started by npm, this process is the child of a shell. A signal to npm is passed on to that shell, which dies of it and
 * tells nobody; without this the simulator would keep its ports for ever.
 */
function abandonedByNpm(): Promise<void> {
  const parent = process.ppid;
  return new Promise((resolve) => {
    if (process.env["npm_lifecycle_event"] === undefined) return;
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(watch);
      resolve();
    }, 100);
    watch.unref();
  });
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  if (error instanceof UsageError) process.stderr.write(`\n${usage(process.argv[2])}`);
  process.exitCode = error instanceof UsageError ? EXIT_USAGE : 1;
}
