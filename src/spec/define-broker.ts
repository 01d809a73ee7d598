import type { Broker } from "./broker.ts";
import type { RiskOptions, TokenOptions } from "./policy.ts";

/** What every broker function takes besides its own options. */
export interface InstanceOptions {
  /** 16 to 32 word characters; part of every path, and a secret like a token. */
  readonly instanceId: string;
  /**
   * One or more secrets of 16 to 64 characters; a request carries one of them in the token header. A plain text may do
   * everything but `admin`; an object says who it is and what it may do.
   */
  readonly tokens: readonly (string | TokenOptions)[];
  /** What logs and operators call this instance. Default: the broker's `kind`. */
  readonly name?: string;
  /** Milliseconds after which a request to this instance is given up, 1 to 2147483647. Default 10000. */
  readonly deadlineMs?: number;
  /** Limits that hold for every order, whoever sends it. Default: none. */
  readonly risk?: RiskOptions;
}

/** {@link InstanceOptions.deadlineMs} unless it is given. */
export const DEFAULT_DEADLINE_MS = 10_000;

/** The options of {@link InstanceOptions}, by name; a broker's own configuration schema adds to them. */
export const INSTANCE_OPTION_NAMES = ["instanceId", "tokens", "name", "deadlineMs", "risk"] as const;

const INSTANCE = Symbol.for("httptrading.instance");

/**
 * Makes a broker: binds the instance's id and tokens to the object without putting them on it, so that neither
 * `JSON.stringify` nor a log line nor an inspector shows them.
 *
 * The options are checked together with those of all other brokers in `createHttpTrading`. What is bound anew has the
 * options of the last time.
 *
 * @throws TypeError for options that are none, and for what nothing can be bound to: no object, or one that is frozen.
 */
export function defineBroker<B extends Broker>(options: InstanceOptions, broker: B): B {
  if (typeof options !== "object" || options === null) {
    throw new TypeError("defineBroker needs the options of an instance, { instanceId, tokens, … }");
  }
  if (!Object.isExtensible(broker)) {
    throw new TypeError("defineBroker needs an object that an instance can be bound to, neither frozen nor sealed");
  }
  const { instanceId, tokens, name, deadlineMs, risk } = options;
  const instance: InstanceOptions = {
    instanceId,
    tokens: Array.isArray(tokens) ? [...tokens] : tokens,
    ...(name === undefined ? {} : { name }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(risk === undefined ? {} : { risk }),
  };
  // Configurable, since a proxy whose methods are bound may not give another value of what is not.
  return Object.defineProperty(broker, INSTANCE, { value: () => instance, enumerable: false, configurable: true });
}

/** The options that {@link defineBroker} bound, by this or another copy of the package; `undefined` for other objects. */
export function instanceOf(broker: unknown): InstanceOptions | undefined {
  if (typeof broker !== "object" || broker === null) return undefined;
  return (broker as { [INSTANCE]?: () => InstanceOptions })[INSTANCE]?.();
}
