import { spawnSync } from "node:child_process";
import type { Cores } from "../cores.ts";
import { autocannonLoad } from "./autocannon.ts";
import type { Load, LoadName } from "./load.ts";
import { wrkLoad } from "./wrk.ts";

/** `wrk`, from Debian, costs a third of a request of autocannon: taken where it is there, unless asked otherwise. */
export async function findLoad(asked: LoadName | undefined, cores: Cores): Promise<Load> {
  const hasWrk = spawnSync("wrk", ["--version"]).error === undefined;
  if (asked === "wrk" && !hasWrk) throw new Error("there is no wrk here: apt-get install wrk, or leave --load away");
  return (asked ?? (hasWrk ? "wrk" : "autocannon")) === "wrk" ? wrkLoad(cores) : autocannonLoad(cores);
}
