/** The gateways that are measured, each as the options it is made with and those who ask it. */
import type { HttpTradingOptions } from "../mod.ts";
import type { House } from "./stub-broker.ts";
import { stubBroker } from "./stub-broker.ts";

/** One client: which instance it asks, with which token. */
export interface Caller {
  readonly instanceId: string;
  readonly token: string;
}

/** A gateway to be measured. */
export interface Setup {
  /** Clients take turns in this list. */
  readonly callers: readonly Caller[];
  /** Options without a journal, which is added where one is asked for. */
  options(house: House): HttpTradingOptions;
}

/** Instances, and the tokens that each has. */
function gateway(instances: number, tokens = 1): Setup {
  const all = Array.from({ length: instances }, (_, instance) => ({
    instanceId: `instance_${String(instance).padStart(8, "0")}`,
    tokens: Array.from({ length: tokens }, (_, token) => `token_${instance}_${String(token).padStart(12, "0")}`),
  }));
  return {
    callers: all.flatMap(({ instanceId, tokens }) => tokens.map((token) => ({ instanceId, token }))),
    options: (house) => ({ brokers: all.map((instance) => stubBroker(house, instance, { fills: true })) }),
  };
}

const PLAIN = gateway(1);

/** By name. */
export const SETUPS = {
  plain: PLAIN,
  "100 tokens": gateway(1, 100),
  "100 instances": gateway(100),
  "1,000 tokens": gateway(1, 1000),
} as const satisfies Record<string, Setup>;

export type SetupName = keyof typeof SETUPS;

/** A switch that an operator may turn, measured on its own against the gateway without it. */
export interface Guard {
  /** What it is, for people. */
  readonly name: string;
  /** The gateway with it; `plain` is the one without. */
  readonly setup: SetupName;
}

/**
 * The cost of every guard. A new one takes its setup above, for example
 * `logs: { ...PLAIN, options: (house) => ({ ...PLAIN.options(house), log: () => undefined }) }`, and one line here.
 */
export const GUARDS: readonly Guard[] = [{ name: "1,000 hashed tokens, by turns", setup: "1,000 tokens" }];
