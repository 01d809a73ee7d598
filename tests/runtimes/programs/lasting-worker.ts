/**
 * A Tiger account with limits and an operator in a Durable Object that `/end` ends as its host does, without a word. Its
 * journal stands in the storage.
 */
import { createHttpTrading } from "../../../mod.ts";
import { durableObjectJournal } from "../../../src/journal/durable-object.ts";
import { tiger } from "../../../src/runtime/worker.ts";
import { type Environment, endable, inFront, type State } from "./ended-object.ts";

interface TigerEnvironment extends Environment {
  readonly TIGER_ID: string;
  readonly TIGER_ACCOUNT: string;
  readonly TIGER_PRIVATE_KEY: string;
  readonly TIGER_SERVER_URL: string;
  readonly TIGER_PUBLIC_KEY: string;
  /** Largest size of the storage. */
  readonly MAX_BYTES: number;
}

export class Gateway {
  readonly fetch: (request: Request) => Promise<Response>;

  constructor(state: State, env: TigerEnvironment) {
    const broker = tiger({
      instanceId: env.INSTANCE_ID,
      tokens: [env.TOKEN, { token: env.ADMIN_TOKEN, name: "operator", scopes: ["admin"] }],
      risk: { maxDailyValue: 2000 },
      tigerId: env.TIGER_ID,
      account: env.TIGER_ACCOUNT,
      privateKey: env.TIGER_PRIVATE_KEY,
      serverUrl: env.TIGER_SERVER_URL,
      tigerPublicKey: env.TIGER_PUBLIC_KEY,
    });
    const journal = durableObjectJournal(state.storage, { maxBytes: env.MAX_BYTES });
    const trading = createHttpTrading({ brokers: [broker], journal });
    this.fetch = endable(state, trading);
  }
}

export default inFront;
