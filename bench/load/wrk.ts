import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Cores } from "../cores.ts";
import { type Ask, firstNumber, isNumbered, type Load, NUMBER } from "./load.ts";

const run = promisify(execFile);

/** wrk, from Debian, in a process of its own on the load's core. It counts whole seconds. */
export function wrkLoad(cores: Cores): Load {
  return {
    name: "wrk",
    async run({ origin, asks, clients, seconds }) {
      const folder = mkdtempSync(join(tmpdir(), "httptrading-wrk-"));
      try {
        const script = join(folder, "asks.lua");
        writeFileSync(script, scriptOf(asks));
        const duration = `${Math.max(1, Math.round(seconds))}s`;
        const command = ["wrk", "-t1", `-c${clients}`, `-d${duration}`, "-s", script, origin];
        const [file = "", ...args] = cores.load(command);
        const { stdout } = await run(file, args);
        const [, requests, microseconds, bad] = /RESULT (\d+) (\d+) (\d+)/.exec(stdout) ?? [];
        if (bad !== "0") throw new Error(`${bad} requests to ${origin} were not answered well:\n${stdout}`);
        return { requests: Number(requests), seconds: Number(microseconds) / 1e6 };
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    end: async () => undefined,
  };
}

/** The requests as wrk takes them: a Lua script that makes each once and gives them out by turns. */
export function scriptOf(asks: readonly Ask[]): string {
  const text = (value: string) => JSON.stringify(value).replaceAll("\\/", "/");
  const made = asks.map(({ method, path, headers, body }) => {
    const table = Object.entries(headers).map(([name, value]) => `[${text(name)}] = ${text(value)}`);
    return `wrk.format(${text(method)}, ${text(path)}, {${table.join(", ")}}, ${body === undefined ? "nil" : text(body)})`;
  });
  const numbered = `asks[turn]:gsub("${NUMBER.replace("-", "%-")}", string.format("%.0f", number))`;
  return `
local number = ${firstNumber()}
local asks
local turn = 0
function init() asks = {${made.join(",\n")}} end
function request()
  turn = turn % #asks + 1
  number = number + 1
  return ${asks.some(isNumbered) ? `(${numbered})` : "asks[turn]"}
end
function done(summary)
  local errors = summary.errors
  local bad = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("RESULT %d %d %d\\n", summary.requests, summary.duration, bad))
end
`;
}
