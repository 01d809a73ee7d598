/**
 * The paper account on an edge worker. Set the secrets INSTANCE_ID (16 to 32 word characters) and TOKEN (16 to 64
 * characters) where the worker is configured.
 */
import { createHttpTrading } from "../mod.ts";
import { paper, worker } from "../src/runtime/worker.ts";

export default worker(({ INSTANCE_ID, TOKEN }: { INSTANCE_ID: string; TOKEN: string }) =>
  createHttpTrading({ brokers: [paper({ instanceId: INSTANCE_ID, tokens: [TOKEN] })] }),
);
