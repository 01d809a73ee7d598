/** The options of `npm run bench`. */
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import type { Peer } from "./bench.ts";
import type { Effort } from "./effort.ts";
import type { LoadName } from "./load/load.ts";
import { RUNTIMES, type Runtime } from "./runtimes.ts";
import { TABLES } from "./tables/index.ts";

/** Names of all tables: that of the bundle is measured on no runtime. */
const TABLE_NAMES: readonly string[] = [...Object.keys(TABLES), "bundle"];

export const USAGE: string = `usage: npm run bench -- [options]

  --short               a quick look, in under a minute: fewer and shorter rounds, and fewer tables
  --check               ends with 1 when a ratio falls below half its target, twice; looks at no absolute time
  --runtime NAME        node, deno or bun; may be given more than once (default: all three)
  --only TABLE          only this table; may be given more than once. There are
                        ${TABLE_NAMES.join(", ")}
  --rounds N            rounds of each table (default 5)
  --seconds N           seconds of each row in each round (default 3)
  --folder PATH         folder for journals, on the disk that is meant (default: the working folder)
  --load NAME           wrk or autocannon (default: wrk where it is installed, else autocannon)
  --out FILE            writes the results as JSON, and beside them a table (.md) and a chart (.svg)
  --readme              writes the table of ratios into README.md and README.zh-CN.md

  --peer URL            puts another HTTP gateway beside ours, asked with
  --peer-name NAME      what it is called (default: its host)
  --peer-method METHOD  GET, held against cash/state, or POST, against order/place (default GET)
  --peer-header LINE    "Name: value"; may be given more than once
  --peer-body TEXT      the body of a POST
`;

export interface BenchOptions {
  readonly isShort: boolean;
  readonly isCheck: boolean;
  readonly runtimes: readonly Runtime[];
  /** Names of tables; `undefined` for all. */
  readonly only: readonly string[] | undefined;
  readonly effort: Effort;
  readonly folder: string;
  readonly load: LoadName | undefined;
  readonly out: string | undefined;
  readonly isReadme: boolean;
  readonly peer: Peer | undefined;
}

const FULL: Effort = { rounds: 5, seconds: 3, warmUps: 4, orders: 1_000_000, followers: 1000 };
const SHORT: Effort = { rounds: 3, seconds: 0.3, requests: 4000, warmUps: 5, orders: 0, followers: 200 };

const list = { type: "string", multiple: true } as const;
const text = { type: "string" } as const;
const flag = { type: "boolean", default: false } as const;

/** Reads the arguments. @throws TypeError that says what is wrong with them. */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      short: flag,
      check: flag,
      runtime: list,
      only: list,
      rounds: text,
      seconds: text,
      folder: text,
      load: text,
      out: text,
      readme: flag,
      peer: text,
      "peer-name": text,
      "peer-method": text,
      "peer-header": list,
      "peer-body": text,
    },
  });
  const effort = values.short ? SHORT : FULL;
  const { folder = ".", out, peer, ...others } = values;
  // What can be wrong is told now, and not after half an hour.
  demandFolder("--folder", folder);
  if (out !== undefined) demandFolder("--out", dirname(out));
  const only = values.only === undefined ? undefined : oneOf("--only", values.only, TABLE_NAMES);
  const wantsPeer = only?.includes("peer") || Object.keys(others).some((name) => name.startsWith("peer-"));
  if (peer === undefined && wantsPeer) throw new TypeError("--peer URL is missing: without it there is no peer to ask");
  return {
    isShort: values.short,
    isCheck: values.check,
    runtimes: RUNTIMES.filter((name) => oneOf("--runtime", values.runtime ?? RUNTIMES, RUNTIMES).includes(name)),
    only,
    effort: {
      ...effort,
      rounds: above0("--rounds", values.rounds, effort.rounds, Number.isInteger),
      seconds: above0("--seconds", values.seconds, effort.seconds),
    },
    folder,
    // wrk counts whole seconds.
    load: values.load === undefined && !values.short ? undefined : loadOf(values.load ?? "autocannon"),
    out,
    isReadme: values.readme,
    peer: peer === undefined ? undefined : peerOf(peer, values),
  };
}

function oneOf<T extends string>(option: string, given: readonly string[], known: readonly T[]): T[] {
  return given.map((name) => {
    const found = known.find((candidate) => candidate === name);
    if (found === undefined)
      throw new TypeError(`${option} is one of ${known.join(", ")}, not ${JSON.stringify(name)}`);
    return found;
  });
}

function loadOf(given: string): LoadName | undefined {
  return oneOf("--load", [given], ["autocannon", "wrk"] as const)[0];
}

function above0(option: string, given: string | undefined, preset: number, isOne = Number.isFinite): number {
  if (given === undefined) return preset;
  const value = Number(given);
  if (value > 0 && isOne(value)) return value;
  const kind = isOne === Number.isInteger ? "whole number" : "number";
  throw new TypeError(`${option} is a ${kind} above 0, not ${JSON.stringify(given)}`);
}

function demandFolder(option: string, path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  throw new TypeError(`${option} needs a folder that is there, and ${JSON.stringify(path)} is none`);
}

function peerOf(
  address: string,
  given: {
    readonly "peer-name"?: string | undefined;
    readonly "peer-method"?: string | undefined;
    readonly "peer-header"?: string[] | undefined;
    readonly "peer-body"?: string | undefined;
  },
): Peer {
  if (!URL.canParse(address)) throw new TypeError(`--peer is a URL, not ${JSON.stringify(address)}`);
  const url = new URL(address);
  const [method = "GET"] = oneOf("--peer-method", [given["peer-method"] ?? "GET"], ["GET", "POST"] as const);
  const headers = (given["peer-header"] ?? []).map((line) => {
    const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      throw new TypeError(`--peer-header is "Name: value", not ${JSON.stringify(line)}`);
    }
    return [name, value];
  });
  return {
    name: given["peer-name"] ?? url.host,
    url,
    method,
    headers: Object.fromEntries(headers),
    body: given["peer-body"],
  };
}
