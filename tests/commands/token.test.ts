import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { paper } from "../../src/brokers/paper/index.ts";
import { createHttpTrading } from "../../src/create-http-trading.ts";
import { SCOPES } from "../../src/spec/policy.ts";

const MAIN = fileURLToPath(new URL("../../src/commands/main.ts", import.meta.url));
const run = (...args: string[]) => promisify(execFile)(process.execPath, [MAIN, "token", ...args]);

test("it prints a token, its hash, and options that open the gateway to it", async () => {
  const [first, second] = await Promise.all([run("bot"), run("bot")]);
  expect(first.stdout).not.toBe(second.stdout);
  const [, token = "", sha256 = ""] = /^token {3}(\S{43})\nsha256 {2}([0-9a-f]{64})\n/.exec(first.stdout) ?? [];
  expect(createHash("sha256").update(token).digest("hex")).toBe(sha256);
  expect(first.stdout).toContain(`tokens: [{ name: "bot", sha256: "${sha256}", scopes: ["read"] }]`);

  const instanceId = "WyLqtMhDvAnBb6a3";
  await using trading = createHttpTrading({
    brokers: [paper({ instanceId, tokens: [{ name: "bot", sha256, scopes: [...SCOPES] }] })],
  });
  const url = `http://127.0.0.1/httptrading/api/${instanceId}/ping/state`;
  const statuses = [token, second.stdout.slice(8, 51)].map(
    async (value) => (await trading.fetch(new Request(url, { headers: { "HT-TOKEN": value } }))).status,
  );
  expect(await Promise.all(statuses)).toEqual([200, 404]);
});

test("a name that none can have is told, and nothing is printed that could be used", async () => {
  await expect(run("two words")).rejects.toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringMatching(/^"two words" is no NAME\n.*1 to 64\s+letters, digits, "_", "\." or "-"/s),
  });
});
