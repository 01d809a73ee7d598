import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../../src/commands/main.ts", import.meta.url));

function run(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...args], (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

test("it tells which commands there are, to who asks, and to who gives none or another", async () => {
  const [asked, none, other] = await Promise.all([run("--help"), run(), run("journals", "file.db")]);
  expect(asked).toEqual({
    code: 0,
    out: expect.stringMatching(/httptrading journal FILE.*httptrading token/s),
    err: "",
  });
  expect(none).toEqual({ code: 2, out: "", err: asked.out });
  expect(other).toEqual({ code: 2, out: "", err: `there is no command "journals"\n\n${asked.out}` });
});
