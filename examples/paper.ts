/**
 * A paper account: trades against prices that move by themselves, and needs nothing.
 *
 *     npm start
 *     bun examples/paper.ts
 *     deno run --allow-net --allow-env examples/paper.ts
 *     node examples/paper.ts
 */
import { createHttpTrading } from "../mod.ts";
import { paper } from "../src/brokers/paper/index.ts";
import { DEMO, serveExample } from "./serve.ts";

await serveExample(createHttpTrading({ brokers: [paper(DEMO)] }));
