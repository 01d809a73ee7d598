#!/usr/bin/env node
/** `httptrading journal …` and `httptrading token …`: what an operator does beside a gateway. */

const HELP = `Usage:
  npx httptrading journal FILE [unknown|resolve|stale|end|export]
      what an SQLite journal says of intents and orders of which nobody knows how they ended, and how one is settled by hand
  npx httptrading token [NAME]
      makes a token and what the gateway has to know of it
Each tells more with --help.
`;

const [command, ...args] = process.argv.slice(2);

if (command === "journal") await (await import("./journal.ts")).journalCommand(args);
else if (command === "token") (await import("./token.ts")).tokenCommand(args);
else if (command === "--help" || command === "-h") process.stdout.write(HELP);
else {
  process.stderr.write(command === undefined ? HELP : `there is no command "${command}"\n\n${HELP}`);
  process.exitCode = 2;
}
