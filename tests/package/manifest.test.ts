/** package.json, deno.json and the lock say the same, and say it completely. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import denoJson from "../../deno.json" with { type: "json" };
import packageJson from "../../package.json" with { type: "json" };

const ROOT = join(import.meta.dirname, "../..");

/** `./mod.ts` is compiled to `./dist/mod.js` and described in `./dist/mod.d.ts`. */
function built(source: string, ending: string): string {
  return source.replace(/^\.\//, "./dist/").replace(/\.ts$/, ending);
}

describe("the two manifests", () => {
  test("have one version", () => {
    expect(denoJson.version).toBe(packageJson.version);
  });

  test("have the same entrypoints, the types first", () => {
    const wanted = Object.entries(denoJson.exports).map(([name, source]) => [
      name,
      Object.entries({ types: built(source, ".d.ts"), default: built(source, ".js") }),
    ]);
    const seen = Object.entries(packageJson.exports).map(([name, paths]) => [name, Object.entries(paths)]);
    expect(seen).toEqual(wanted);
  });

  test.each(Object.entries(denoJson.exports))("%s stands where it is said to be", (_name, source) => {
    expect(existsSync(join(ROOT, source))).toBe(true);
  });

  test("take the same versions of the same packages", () => {
    const { dependencies, peerDependencies } = packageJson;
    const wanted = Object.entries({ ...dependencies, ...peerDependencies }).map(([name, range]) => [
      name,
      `npm:${name}@${range}`,
    ]);
    expect(Object.fromEntries(Object.entries(denoJson.imports))).toEqual(Object.fromEntries(wanted));
  });

  test("leave it to everyone which vendor's library is installed", () => {
    const { peerDependencies, peerDependenciesMeta, devDependencies, dependencies } = packageJson;
    for (const [name, range] of Object.entries(peerDependencies)) {
      expect(new Map(Object.entries(peerDependenciesMeta)).get(name)).toEqual({ optional: true });
      // The development one may be pinned: later builds of a native module may not load on every machine that tests.
      const tested = new Map(Object.entries(devDependencies)).get(name);
      expect(tested?.replace(/^\D+/, "")).toBe(range.replace(/^\D+/, ""));
      expect(Object.keys(dependencies)).not.toContain(name);
    }
  });
});

interface LockedPackage {
  readonly version?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

describe("the lock", () => {
  const text = readFileSync(join(ROOT, "package-lock.json"), "utf8");
  const { version, packages } = JSON.parse(text) as {
    version: string;
    packages: Readonly<Record<string, LockedPackage>>;
  };

  test("is of this version", () => {
    expect(version).toBe(packageJson.version);
  });

  test("names no registry", () => {
    expect(text).not.toContain('"resolved"');
    expect(text).not.toMatch(/"https?:\/\/registry\./);
  });

  // npm leaves out what the machine that wrote the lock could not install, and `npm ci` then fails elsewhere.
  test("knows the tools of every platform", () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !(`node_modules/${name}` in packages) && !(`${path}/node_modules/${name}` in packages),
      ),
    );
    expect(missing).toEqual([]);
  });
});
