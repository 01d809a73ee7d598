/** `npm run check:secrets`, which must find what it is there for. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };

const ROOT = join(import.meta.dirname, "../..");
const scanner = join(ROOT, "node_modules/secretlint/bin/secretlint.js");

/** Scans a folder by the rules of this project, with the files that it excepts. */
async function scan(folder: string): Promise<{ code: number; output: string }> {
  const config = ["--secretlintrc", join(ROOT, ".secretlintrc.json")];
  const ignore = ["--secretlintignore", join(ROOT, ".secretlintignore")];
  return await new Promise((resolve) => {
    const args = [scanner, "**/*", ...config, ...ignore, "--no-color", "--format", "unix"];
    execFile(process.execPath, args, { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, output: stdout + stderr });
    });
  });
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "secrets-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test("a secret in a file of any name fails the check, and is not printed", async () => {
  const folder = await newFolder();
  // Put together here, so that this file is no finding.
  const secret = ["xoxb", "123456789012", "1234567890123", "abcdefghijABCDEFGHIJabcd"].join("-");
  await writeFile(join(folder, ".notes.md"), `the bot's token is ${secret}\n`);
  const { code, output } = await scan(folder);
  expect(code).toBe(1);
  expect(output).toContain(".notes.md:1:19");
  expect(output).not.toContain(secret);
});

test("a folder without secrets passes", async () => {
  const folder = await newFolder();
  await writeFile(join(folder, "notes.md"), "nothing to hide\n");
  expect(await scan(folder)).toEqual({ code: 0, output: "" });
});

test("the check is part of npm run check, and every exception is a file that still holds a key", async () => {
  expect(packageJson.scripts.check).toContain("check:secrets");
  const list = await readFile(join(ROOT, ".secretlintignore"), "utf8");
  const files = list.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  for (const file of files) expect(await readFile(join(ROOT, file), "utf8")).toContain("PRIVATE KEY-----");
});
