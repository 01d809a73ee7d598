/** The gateways that are measured, each as the options it is made with and those who ask it. */
import type { HttpTradingOptions, InstanceOptions } from "../mod.ts";
import { CALLER, GUARDS, type Guard, type GuardName } from "./guards.ts";
import type { House } from "./stub-broker.ts";
import { stubBroker } from "./stub-broker.ts";

/** One client: which instance it asks, with which token. */
export interface Caller {
  readonly instanceId: string;
  readonly token: string;
}

/** A gateway to be measured. */
export interface Setup extends Pick<Guard, "serve" | "sent"> {
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

/** The same with one client: what the others cost by being there, and not by being asked. */
function alone({ callers, ...rest }: Setup): Setup {
  return { ...rest, callers: callers.slice(0, 1) };
}

function guarded({ instance, gateway, ...rest }: Guard): Setup {
  const options: InstanceOptions = { instanceId: CALLER.instanceId, tokens: [CALLER.token], ...instance };
  return {
    ...rest,
    callers: [CALLER],
    options: (house) => ({ ...gateway, brokers: [stubBroker(house, options, { fills: true })] }),
  };
}

const guards = Object.entries(GUARDS).map(([name, guard]) => [name, guarded(guard)]);

/** By name. */
export const SETUPS = {
  plain: guarded({}),
  "100 tokens": gateway(1, 100),
  "100 instances": gateway(100),
  "100 instances, one of them asked": alone(gateway(100)),
  "1,000 hashed tokens, by turns": gateway(1, 1000),
  ...(Object.fromEntries(guards) as Record<GuardName, Setup>),
} as const satisfies Record<string, Setup>;

export type SetupName = keyof typeof SETUPS;

/** Those that show what a switch costs, against `plain`. */
export const GUARDED: readonly SetupName[] = [
  "1,000 hashed tokens, by turns",
  ...(Object.keys(GUARDS) as readonly GuardName[]),
];
