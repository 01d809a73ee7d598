/** What a reader of the package's reference finds. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import denoJson from "../../deno.json" with { type: "json" };

const ROOT = join(import.meta.dirname, "../..");

/** A part of what `deno doc --json` prints. */
interface Reference {
  readonly nodes: Readonly<Record<string, { readonly symbols: readonly ExportedSymbol[] }>>;
}

interface ExportedSymbol {
  readonly name: string;
  readonly declarations: readonly { readonly kind: string; readonly jsDoc?: object }[];
}

test("everything that an entrypoint exports says what it is", () => {
  const entrypoints = Object.values(denoJson.exports);
  const printed = execFileSync(join(ROOT, "node_modules/.bin/deno"), ["doc", "--json", ...entrypoints], {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const { nodes } = JSON.parse(printed) as Reference;
  // What is passed on from another entrypoint says it there.
  const own = Object.entries(nodes).flatMap(([file, { symbols }]) =>
    symbols
      .filter(({ declarations }) => declarations.every(({ kind }) => kind !== "reference"))
      .map(({ name, declarations }) => ({
        name: `${name} of ${file.slice(file.lastIndexOf("/src/"))}`,
        isTold: declarations.some(({ jsDoc }) => jsDoc !== undefined),
      })),
  );
  expect(own.length).toBeGreaterThan(100);
  expect(own.filter(({ isTold }) => !isTold).map(({ name }) => name)).toEqual([]);
});
