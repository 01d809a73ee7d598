/** Builds the npm package in a folder of its own, so that two builds at once, and `dist`, are not in each other's way. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../package.json" with { type: "json" };

const ROOT = join(import.meta.dirname, "..");
/** What npm puts into every package by itself. */
const ALWAYS = ["package.json", "README.md", "LICENSE"];

/**
 * Compiles into `folder/package` and packs that.
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
  runTool("tsc", ["-p", "tsconfig.build.json", "--outDir", join(staging, "dist")]);
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
