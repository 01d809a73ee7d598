/** The npm package: how it is built and packed. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildSync } from "esbuild";
import denoJson from "../deno.json" with { type: "json" };
import packageJson from "../package.json" with { type: "json" };

export const ROOT: string = join(import.meta.dirname, "..");

/** What `npx httptrading` runs. */
const COMMANDS = "./src/commands/main.ts";

/** What npm puts into every package by itself. */
const ALWAYS = ["package.json", "README.md", "LICENSE"];

/**
 * An import of one of our own files for what it does when it is loaded, which is nothing: the build keeps files in their
 * order by them, and a worker's bundler would keep the adapters of all brokers for them.
 */
const BARE_IMPORT = /^import "\.{1,2}\/[^"]+";\n/gm;

/**
 * Builds into a folder, in place of what is there: the types a file for each source; the code a file for each entrypoint,
 * and what several of them need in files beside them. To open a file costs a runtime more than what stands in it.
 */
export function buildPackage(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  runTool("tsc", ["-p", "tsconfig.build.json", "--outDir", folder]);
  const { outputFiles } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: [...Object.values(denoJson.exports), COMMANDS],
    outbase: ".",
    outdir: folder,
    chunkNames: "shared/[name]-[hash]",
    bundle: true,
    splitting: true,
    packages: "external",
    platform: "neutral",
    format: "esm",
    target: "es2024",
    charset: "utf8",
    logLevel: "warning",
    write: false,
  });
  for (const { path, text } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text.replaceAll(BARE_IMPORT, ""));
  }
}

/**
 * Builds the package in a folder of its own, so that two at once, and `dist`, are not in each other's way, and packs it.
 *
 * @param folder An existing, empty folder.
 * @returns The path of the tarball.
 */
export function pack(folder: string): string {
  const staging = join(folder, "package");
  mkdirSync(staging);
  for (const file of [...ALWAYS, ...packageJson.files]) {
    if (file !== "dist" && existsSync(join(ROOT, file)))
      cpSync(join(ROOT, file), join(staging, file), { recursive: true });
  }
  buildPackage(join(staging, "dist"));
  const [packed] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
      cwd: staging,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    }),
  ) as [{ filename: string }];
  return join(folder, packed.filename);
}

/** Runs a tool of the project in its root and shows what it prints; throws when it finds fault. */
export function runTool(name: string, args: readonly string[]): void {
  execFileSync(join(ROOT, "node_modules", ".bin", name), args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
}
