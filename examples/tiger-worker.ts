/**
 * An account at Tiger Brokers on an edge worker, with nothing of Node. Set where the worker is configured: INSTANCE_ID
 * (16 to 32 word characters), TOKEN (16 to 64 characters), TIGER_ID, TIGER_ACCOUNT and TIGER_PRIVATE_KEY (PEM or bare
 * base64); for the simulator also TIGER_SERVER_URL and TIGER_PUBLIC_KEY.
 *
 * A worker has no sockets to keep, so that changes of orders are polled while requests come, and no disk: the journal is
 * in memory. A write under an `Idempotency-Key` still happens once, since its order is found at Tiger by its mark.
 */
import { createHttpTrading } from "../mod.ts";
import { tiger, worker } from "../src/runtime/worker.ts";

interface Environment {
  readonly INSTANCE_ID: string;
  readonly TOKEN: string;
  readonly TIGER_ID: string;
  readonly TIGER_ACCOUNT: string;
  readonly TIGER_PRIVATE_KEY: string;
  readonly TIGER_SERVER_URL?: string;
  readonly TIGER_PUBLIC_KEY?: string;
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
        ...(env.TIGER_SERVER_URL === undefined ? {} : { serverUrl: env.TIGER_SERVER_URL }),
        ...(env.TIGER_PUBLIC_KEY === undefined ? {} : { tigerPublicKey: env.TIGER_PUBLIC_KEY }),
      }),
    ],
  }),
);
