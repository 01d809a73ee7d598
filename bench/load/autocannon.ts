import type { Cores } from "../cores.ts";
import { startProgram } from "../program.ts";
import type { Load, LoadResult } from "./load.ts";

/** autocannon, from npm, in one process on the load's core: started once, so that it is warm like the servers. */
export async function autocannonLoad(cores: Cores): Promise<Load> {
  const program = await startProgram(cores.load([process.execPath, "bench/programs/autocannon.ts"]), null);
  return {
    name: "autocannon",
    async run(order) {
      const { bad, ...result } = (await program.ask("run", order)) as LoadResult & { readonly bad: number };
      if (bad > 0) throw new Error(`${bad} requests to ${order.origin} were not answered well`);
      return result;
    },
    end: program.end,
  };
}
