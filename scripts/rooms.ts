/** The rooms of the house, what each may import, and the search for what it may not. */
import { posix } from "node:path";

/** What the files of one room may import, besides each other. */
interface Room {
  /** Other rooms. */
  readonly rooms: readonly string[];
  /** Packages, by name; a name that ends with `:` allows everything that begins so. */
  readonly packages: readonly string[];
  /** The vendor's library, which may be imported only when it is needed, never at module level. */
  readonly sdk?: string;
}

const BELOW_BROKERS = ["domain", "spec", "exchange"];
const BROKER = {
  rooms: [...BELOW_BROKERS, "brokers/shared"],
  packages: ["valibot", "@noble/hashes"],
} as const satisfies Room;

/** The one rule of the house, from the ground up. */
const ROOMS: Readonly<Record<string, Room>> = {
  domain: { rooms: [], packages: ["big.js"] },
  spec: { rooms: ["domain"], packages: [] },
  exchange: { rooms: ["domain", "spec"], packages: [] },
  // Only the journal in a file touches Node's modules; tsconfig.pure.json keeps them out of the rest.
  journal: { rooms: ["domain", "spec"], packages: ["node:"] },
  "brokers/shared": { rooms: BELOW_BROKERS, packages: ["valibot"] },
  "brokers/futu": { ...BROKER, sdk: "futu-api" },
  "brokers/interactive-brokers": { ...BROKER, sdk: "@stoqey/ib" },
  "brokers/longport": {
    ...BROKER,
    sdk: "longport",
    // The token file is TOML on a disk; the quote and trade services speak protobuf.
    packages: [...BROKER.packages, "@bufbuild/protobuf", "smol-toml", "node:"],
  },
  "brokers/paper": BROKER,
  // The push service is protobuf over TLS.
  "brokers/tiger": { ...BROKER, packages: [...BROKER.packages, "@bufbuild/protobuf", "node:"] },
  desk: { rooms: ["domain", "spec", "journal"], packages: ["@noble/hashes"] },
  observe: { rooms: ["domain", "spec", "journal", "desk"], packages: [] },
  http: { rooms: ["domain", "spec", "journal", "desk", "observe"], packages: ["hono", "zod", "@noble/hashes"] },
  "create-http-trading": { rooms: ["domain", "spec", "journal", "desk", "observe", "http"], packages: [] },
  // Beside the core, which needs no logger: a worker that logs nothing does not carry one.
  logs: { rooms: ["observe"], packages: ["@logtape/logtape"] },
  testing: { rooms: ["domain", "spec", "exchange", "journal"], packages: [] },
  runtime: {
    rooms: [
      "domain",
      "spec",
      "observe",
      "create-http-trading",
      "logs",
      "brokers/futu",
      "brokers/interactive-brokers",
      "brokers/longport",
      "brokers/paper",
      "brokers/tiger",
    ],
    packages: ["@hono/node-server", "@logtape/logtape", "node:"],
  },
  // What an operator runs beside a gateway.
  commands: { rooms: ["journal"], packages: ["node:"] },
  mod: { rooms: ["domain", "spec", "journal", "desk", "observe", "http", "create-http-trading"], packages: [] },
};

/** Folders beside `src`, and those that they may import. */
const HOUSES: Readonly<Record<string, readonly string[]>> = {
  simulators: ["src"],
  examples: ["mod", "src"],
  tests: ["mod", "src", "simulators", "examples", "scripts", "bench", "deno", "package"],
  bench: ["mod", "src", "simulators", "examples", "scripts", "package"],
  scripts: ["mod", "src", "simulators", "tests", "deno", "package"],
};

/** Folders whose files are seen from outside: of `src` they may import only what is an entrypoint. */
const STRANGERS: ReadonlySet<string> = new Set(["examples"]);

/** An import that the rule forbids, in a sentence that names file, import and reason. */
export type Violation = string;

/**
 * Checks one file.
 *
 * @param path Of the file, from the root, with `/`.
 * @param entrypoints The files that are exported by the package, from the root.
 */
export function roomViolations(path: string, source: string, entrypoints: ReadonlySet<string>): Violation[] {
  const from = roomOf(path);
  return importsOf(source).flatMap(({ specifier, isLazy }) => {
    const reason = specifier.startsWith(".")
      ? forbiddenFile(path, from, posix.join(posix.dirname(path), specifier), entrypoints)
      : forbiddenPackage(from, specifier, isLazy);
    return reason === undefined ? [] : [`${path} imports ${JSON.stringify(specifier)}: ${reason}`];
  });
}

function forbiddenFile(
  path: string,
  from: string,
  target: string,
  entrypoints: ReadonlySet<string>,
): string | undefined {
  const to = roomOf(target);
  if (from === to) return undefined;
  const room = ROOMS[from];
  if (room !== undefined) {
    return room.rooms.includes(to) ? undefined : `${from} may import ${list(room.rooms)}, not ${to}`;
  }
  const house = houseOf(path);
  const allowed = HOUSES[house];
  if (allowed === undefined) return path.includes("/") ? `nothing is known of a folder ${from}` : undefined;
  const other = houseOf(target);
  if (house !== other && !allowed.includes(other)) return `${house} may import ${list(allowed)}, not ${other}`;
  if (STRANGERS.has(house) && house !== other && !entrypoints.has(target)) return `${target} is no entrypoint`;
  return undefined;
}

function forbiddenPackage(from: string, specifier: string, isLazy: boolean): string | undefined {
  const room = ROOMS[from];
  if (room === undefined) return undefined;
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  if (name === room.sdk) return isLazy ? undefined : `${name} may only be imported with import(), when it is needed`;
  const isAllowed = room.packages.some((known) => (known.endsWith(":") ? specifier.startsWith(known) : name === known));
  return isAllowed ? undefined : `${from} may import ${list(room.packages)}, no other package`;
}

/** `src/brokers/futu/wire.ts` is in `brokers/futu`, `src/http/app.ts` in `http`, `mod.ts` in `mod`. */
function roomOf(path: string): string {
  const parts = path.replace(/\.ts$/, "").split("/");
  if (parts[0] !== "src") return parts[0] ?? "";
  return parts[1] === "brokers" ? parts.slice(1, 3).join("/") : (parts[1] ?? "");
}

function houseOf(path: string): string {
  return path.replace(/\.(ts|json)$/, "").split("/")[0] ?? "";
}

function list(names: readonly string[]): string {
  return names.length === 0 ? "nothing" : names.join(", ");
}

interface Import {
  readonly specifier: string;
  /** True for `import("x")`, which costs nothing until it is reached. */
  readonly isLazy: boolean;
}

const STATIC = /^[ \t]*(?:import|export)\b(?:[\w$*\s{},]*?\bfrom)?\s*["']([^"'\n]+)["']/gm;
const LAZY = /\bimport\(\s*["']([^"'\n]+)["']/g;

/** What a file imports, types too: the rule is about what one must know to understand a room. */
function importsOf(source: string): Import[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^[ \t]*\/\/.*$/gm, "");
  const all = (pattern: RegExp, isLazy: boolean): Import[] =>
    [...code.matchAll(pattern)].map((match) => ({ specifier: match[1] ?? "", isLazy }));
  return [...all(STATIC, false), ...all(LAZY, true)];
}
