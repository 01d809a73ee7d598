import { DEFAULT_ACCOUNT, DEFAULT_TIGER_ID } from "../../simulators/tiger/accounts.ts";
import { CLIENT_PRIVATE_KEY } from "../../simulators/tiger/keys.ts";
import type { TigerServer } from "../../simulators/tiger/server.ts";

/** What a worker is bound to so that its account is the simulator's. */
export function tigerBindings({ port, vendorPublicKey }: TigerServer) {
  return {
    TIGER_ID: DEFAULT_TIGER_ID,
    TIGER_ACCOUNT: DEFAULT_ACCOUNT,
    TIGER_PRIVATE_KEY: CLIENT_PRIVATE_KEY,
    TIGER_PUBLIC_KEY: vendorPublicKey,
    TIGER_SERVER_URL: `http://127.0.0.1:${port}/gateway`,
  };
}
