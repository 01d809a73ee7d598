/** `npm run check:package`: what npm and JSR would be given is well formed, and its types resolve for those who use it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { pack, runTool } from "./package.ts";

const folder = mkdtempSync(join(tmpdir(), "httptrading-pack-"));
try {
  const tarball = pack(folder);
  runTool("publint", ["run", tarball, "--strict"]);
  // The package is ESM only, on runtimes that know `exports`.
  runTool("attw", [tarball, "--profile", "esm-only", "--no-color"]);
  // What is not committed yet may be published by nobody, but must be checkable while it is written.
  const dirty = process.env["CI"] === undefined ? ["--allow-dirty"] : [];
  runTool("deno", ["publish", "--dry-run", "--quiet", ...dirty]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
