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

test("logs in a form that is none are told, not left away", async () => {
  await using program = start("node", "examples/paper.ts", { PORT: "0", LOGS: "xml" });
  expect(await program.ended).toEqual({ code: 1, signal: null });
  expect(program.output()).toContain('logs must be one of json, text, not "xml"');
});
