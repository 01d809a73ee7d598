/** What the examples leave behind: a journal and an account that the next start goes on with, one gateway at a time. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { DEMO } from "../../examples/serve.ts";
import { addressOf, type Program, ROOT, RUNTIMES, start, startCommand } from "./program.ts";

async function ask(program: Program, path: string, body?: unknown) {
  const response = await fetch(`${await addressOf(program)}/httptrading/api/${DEMO.instanceId}/${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { "HT-TOKEN": DEMO.tokens[0], "Content-Type": "application/json", "Idempotency-Key": "the only one" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, answer: await response.json() };
}

test.each(RUNTIMES)(
  "an example on %s starts twice in a row with one journal, and never twice at once",
  async (runtime) => {
    const folder = await mkdtemp(join(tmpdir(), "httptrading-example-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const run = () => start(runtime, "examples/paper.ts", { PORT: "0", JOURNAL: join(folder, "journal.db") });
    const order = {
      ...{ tradeType: "Securities", region: "US", symbol: "AAPL", direction: "BUY", qty: 12, price: 100 },
      ...{ orderType: "Limit", timeInForce: "GTC", lifecycle: "RTH" },
    };

    await using first = run();
    const placed = await ask(first, "order/place", order);
    expect(placed).toMatchObject({ status: 200, answer: { ex: null } });
    expect(first.output()).toContain(`journal: ${join(folder, "journal.db")}`);

    await using second = run();
    expect((await second.ended).code).toBe(1);
    expect(second.output()).toContain("is being written already");
    expect(second.output()).not.toContain("    at ");

    first.signal("SIGTERM");
    await first.ended;
    await using third = run();
    const again = await ask(third, "order/place", order);
    expect(again).toMatchObject({ status: 200, answer: { orderId: placed.answer.orderId, tag: placed.answer.tag } });
    const { orders } = (await ask(third, "order/list?status=all")).answer;
    expect(orders).toMatchObject([{ orderId: placed.answer.orderId, status: "OPEN", external: false }]);
  },
);

test("no two examples write into one journal, since all serve the same instance", async () => {
  const folder = await mkdtemp(join(tmpdir(), "httptrading-examples-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const journals = new Set<string>();
  const examples = ["paper", "futu", "interactive-brokers", "longport", "tiger"];
  for (const example of examples) {
    // Nobody listens there: an example serves all the same, and says that its broker is not connected.
    const nowhere = { FUTU_PORT: "1", IB_PORT: "1", TIGER_SERVER_URL: "http://127.0.0.1:1/gateway" };
    const command = [process.execPath, join(ROOT, "examples", `${example}.ts`)];
    await using program = startCommand(command, { ...nowhere, PORT: "0", JOURNAL: undefined }, folder);
    const [, journal = ""] = await program.printed(/ journal: (\S+)/);
    journals.add(journal);
  }
  expect(journals.size).toBe(examples.length);
});
