/** The HTTP suite against real servers: `examples/paper.ts` and the embedding examples, under each runtime. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEMO } from "../../examples/serve.ts";
import { accountChecks } from "../http/suite/account.ts";
import { orderChecks } from "../http/suite/orders.ts";
import { refusalChecks } from "../http/suite/refusals.ts";
import { HTTP_SUITE } from "../http/suite.ts";
import { addressOf, type Program, RUNTIMES, type Runtime, start } from "./program.ts";

const CONTEXT = { instanceId: DEMO.instanceId, token: DEMO.tokens[0] };

/** What holds also where other pages are served beside the gateway. */
const EMBEDDED_SUITE = [...accountChecks, ...orderChecks, ...refusalChecks];

const SERVERS: readonly (readonly [Runtime, string, typeof HTTP_SUITE])[] = [
  ...RUNTIMES.map((runtime) => [runtime, "examples/paper.ts", HTTP_SUITE] as const),
  ["bun", "examples/embed-bun.ts", EMBEDDED_SUITE],
  ["deno", "examples/embed-deno.ts", EMBEDDED_SUITE],
  ["node", "examples/embed-node-hono.ts", EMBEDDED_SUITE],
  ["node", "examples/embed-node-express.ts", EMBEDDED_SUITE],
];

describe.each(SERVERS)("%s %s", (runtime, example, suite) => {
  let program: Program;
  let url: string;
  beforeAll(async () => {
    program = start(runtime, example, { PORT: "0" });
    url = await addressOf(program);
  });
  afterAll(() => program[Symbol.asyncDispose]());

  test.each(suite)("$name", ({ run }) => run(url, CONTEXT));

  test("ends by itself at SIGTERM, though somebody follows the events", async () => {
    const events = await fetch(`${url}/httptrading/api/${DEMO.instanceId}/order/events`, {
      headers: { "HT-TOKEN": DEMO.tokens[0] },
    });
    expect(events.status).toBe(200);
    program.signal("SIGTERM");
    expect(await events.text()).toContain("retry:");
    expect(await program.ended).toEqual({ code: 0, signal: null });
  });
});
