/** A Tiger account on an edge worker: everything comes from the environment. */
import { createHttpTrading } from "../../../mod.ts";
import { tiger } from "../../../src/brokers/tiger/index.ts";
import { worker } from "../../../src/runtime/worker.ts";

interface Environment {
  readonly INSTANCE_ID: string;
  readonly TOKEN: string;
  readonly TIGER_ID: string;
  readonly TIGER_ACCOUNT: string;
  readonly TIGER_PRIVATE_KEY: string;
  readonly TIGER_PUBLIC_KEY: string;
  readonly TIGER_SERVER_URL: string;
}

export default worker((env: Environment) =>
  createHttpTrading({
    brokers: [
      tiger({
        instanceId: env.INSTANCE_ID,
        tokens: [env.TOKEN],
        tigerId: env.TIGER_ID,
        account: env.TIGER_ACCOUNT,
        privateKey: env.TIGER_PRIVATE_KEY,
        tigerPublicKey: env.TIGER_PUBLIC_KEY,
        serverUrl: env.TIGER_SERVER_URL,
      }),
    ],
  }),
);
