import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Cores } from "../cores.ts";
import { ROOT } from "../runtimes.ts";
import type { Load } from "./load.ts";

const run = promisify(execFile);

/** autocannon, from npm, in a process of its own on the load's core. */
export function autocannonLoad(cores: Cores): Load {
  const program = join(ROOT, "bench/programs/autocannon.ts");
  return {
    name: "autocannon",
    async run(order) {
      const [file = "", ...args] = cores.load([process.execPath, program]);
      const { stdout } = await run(file, [...args, JSON.stringify(order)], { maxBuffer: 64 * 1024 * 1024 });
      return JSON.parse(stdout);
    },
  };
}
