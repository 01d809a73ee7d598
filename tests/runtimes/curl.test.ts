/** The lines that `npm start` prints do what they promise when they are pasted. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { addressOf, start } from "./program.ts";

const run = promisify(execFile);

test("the printed curl lines are answered without a failure", async () => {
  await using program = start("node", "examples/paper.ts", { PORT: "0" });
  await addressOf(program);
  await program.printed(/order\/list.*\n/);
  const lines = program.output().match(/^curl .*$/gm) ?? [];
  const answers: unknown[] = [];
  for (const line of lines) answers.push(JSON.parse((await run("sh", ["-c", line])).stdout));
  expect(answers).toHaveLength(6);
  for (const answer of answers) expect(answer).toMatchObject({ type: "apiResponse", ex: null });
  expect(answers[5]).toMatchObject({ orders: [{ contract: { symbol: "AAPL" }, qty: 12 }] });
});

test.each([
  [{ PORT: "0", LOGS: "xml" }, 'logs must be one of json, text, not "xml"'],
  [{ PORT: "" }, "port must be a whole number from 0 to 65535"],
])("settings that are none are told, not left away: %j", async (settings, said) => {
  await using program = start("node", "examples/paper.ts", settings);
  await program.printed(new RegExp(`listens on|${said}`));
  expect(program.output()).toContain(said);
  expect(await program.ended).toEqual({ code: 1, signal: null });
});
