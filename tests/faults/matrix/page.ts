/** The page of what was seen: printed from a run, and read again to see whether it is still about this matrix. */
import { ALL_CELLS, CELLS, expectationOf, TABLE } from "./table.ts";
import { BROKERS, type BrokerName, type Cell, FAULTS, OPERATIONS } from "./terms.ts";

/** What was seen in each cell, by {@link cellName}. */
export type Seen = ReadonlyMap<string, string>;

export function cellName({ broker, fault, operation }: Cell): string {
  return `${broker}: ${fault} × ${operation}`;
}

/** Stands where a fault cannot happen. */
const NEVER = "–";

const HEAD = `# Faults

Printed by \`npm run faults\` from a run of all ${CELLS.length} cells against the simulators; do not edit it. A cell is one broker that is
struck by one fault during one operation: reading the cash, placing, replacing or cancelling an order, or hearing of a fill
by \`order/events\`. Each runs a gateway of its own, with a SQLite journal, over real sockets.

What stands in a cell is what the client was told:

- \`value\`, \`accepted\`, \`told\`: it went well. A push is told once.
- A code of the API, for a write with what it says of the order: \`not sent\` or \`rejected\`.
- \`unknown, then …\`: 504 \`OutcomeUnknown\` at first, and what was found out later.
- \`no answer, then …\`: the gateway died before it answered; the rest is what it found out when it was back.

Whatever stands there, this held in every cell, or it would not have been printed:

- No order was ever there twice. What was answered with \`not sent\` or \`rejected\` was not in the exchange's ledger, what was
  answered with \`accepted\` was; 429 and 503 meant that nothing was sent.
- Once the fault was over, ping was true, reads worked, and no outcome was unknown any more. What the journal says became of
  the write was what the ledger showed.
- The same write under its key then made one order in all. A new order was taken, and its cancel.
- Exchange, gateway and journal told the same of every order, and the journal nothing twice.
- Ping was false, or there was a new connection, while the old one was dead, the vendor's gateway away or not logged in.

\`npm test\` runs some of the cells: each broker under each fault in one operation, and each operation under each fault at one
broker. \`npm run test:long\` runs all.
`;

/** Writes the page. */
export function faultsPage(seen: Seen): string {
  const lines = [
    HEAD,
    "## What was seen",
    "",
    `| fault | broker | ${OPERATIONS.join(" | ")} |`,
    `| ${["fault", "broker", ...OPERATIONS].map(() => "---").join(" | ")} |`,
  ];
  for (const fault of FAULTS) {
    const textOf = (broker: BrokerName): string =>
      OPERATIONS.map((operation) => seen.get(cellName({ broker, fault, operation })) ?? NEVER).join(" | ");
    // Brokers that agree share a row.
    for (const [text, brokers] of Map.groupBy(BROKERS, textOf))
      lines.push(`| ${fault} | ${brokers.join(", ")} | ${text} |`);
  }
  lines.push("", "## What is done", "", ...FAULTS.map((fault) => `- **${fault}**: ${TABLE[fault].what}`));
  lines.push("", "## Why brokers differ, and what cannot happen", "", ...reasons());
  return `${lines.join("\n")}\n`;
}

/** One line for each reason, with all that it is the reason for. */
function reasons(): string[] {
  const told = FAULTS.flatMap((fault) => {
    const cells = ALL_CELLS.filter((cell) => cell.fault === fault).flatMap((cell) => {
      const expected = expectationOf(cell);
      const why = "never" in expected ? expected.never : expected.why;
      return why === undefined ? [] : [{ ...cell, why }];
    });
    return [...Map.groupBy(cells, ({ why }) => why)].map(([why, of]) => {
      const brokers = BROKERS.filter((name) => of.some(({ broker }) => broker === name));
      const operations = OPERATIONS.filter((name) => of.some(({ operation }) => operation === name));
      const what = operations.length === OPERATIONS.length ? "" : ` × ${operations.join(", ")}`;
      return { fault, text: `(${brokers.join(", ")}${what}): ${why}.` };
    });
  });
  return [...Map.groupBy(told, ({ text }) => text)].map(
    ([text, of]) => `- **${of.map(({ fault }) => fault).join(", ")}** ${text}`,
  );
}

/** Reads what was seen out of a page. */
export function readPage(page: string): Seen {
  const seen = new Map<string, string>();
  for (const line of page.split("\n")) {
    const [, fault, brokers, ...texts] = line.split("|").map((text) => text.trim());
    if (!FAULTS.some((name) => name === fault)) continue;
    for (const broker of (brokers ?? "").split(", ")) {
      for (const [column, operation] of OPERATIONS.entries()) {
        const text = texts[column] ?? "";
        if (text !== NEVER) seen.set(`${broker}: ${fault} × ${operation}`, text);
      }
    }
  }
  return seen;
}
