/** No key, secret or token in anything that a process with a Longport broker writes, whatever goes wrong. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { openLongport, TRANSPORTS } from "./setup.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const CANARY = fileURLToPath(new URL("canary.ts", import.meta.url));
const CANARIES = { appKey: "CanaryAppKey4711", appSecret: "CanaryAppSecret4712", accessToken: "CanaryToken4713" };
const TWO_DAYS_MS = 2 * 86_400_000;

test.each(TRANSPORTS)(
  "over %s nothing that is written shows a secret, in any fault",
  async (transport) => {
    const server = await openLongport({ ...CANARIES, limits: false });
    const folder = await mkdtemp(join(tmpdir(), "longport-canary-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, "token.toml");
    const expiry = new Date(Date.now() + TWO_DAYS_MS).toISOString();
    await writeFile(file, `token = "${CANARIES.accessToken}"\nexpiry = "${expiry}"\n`);

    const given = [CANARY, String(server.port), String(server.controlPort), file, transport];
    const { stdout, stderr } = await promisify(execFile)(`${ROOT}/node_modules/.bin/node`, given, {
      cwd: ROOT,
      env: { ...process.env, CANARY_KEY: CANARIES.appKey, CANARY_SECRET: CANARIES.appSecret },
      timeout: 100_000,
      maxBuffer: 16 * 1024 * 1024,
    });

    const output = `${stdout}${stderr}`;
    const [, errors] = /errors: (\d+)/.exec(stdout) ?? [];
    expect(Number(errors)).toBeGreaterThan(20);
    expect(server.tokens.refreshed).toHaveLength(1);
    for (const secret of [...Object.values(CANARIES), ...server.tokens.refreshed, "longportInstance"]) {
      expect(output.includes(secret), `the output shows ${secret}`).toBe(false);
    }
  },
  120_000,
);
