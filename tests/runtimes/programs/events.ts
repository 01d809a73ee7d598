/** Serves the paper broker under the runtime that is named by RUNTIME, and gives requests all the time there is to end. */
import process from "node:process";
import { createHttpTrading } from "../../../mod.ts";
import { paper } from "../../../src/brokers/paper/index.ts";
import type { Servable, ServeOptions } from "../../../src/runtime/node.ts";

const { serve } = (await import(`../../../src/runtime/${process.env["RUNTIME"]}.ts`)) as {
  serve(trading: Servable, options: ServeOptions): Promise<{ url: string }>;
};

await serve(createHttpTrading({ brokers: [paper({ instanceId: "WyLqtMhDvAnBb6a3", tokens: ["Vt5UCW2sLBvgPXjR"] })] }), {
  port: 0,
  graceMs: 2_147_483_647,
});
