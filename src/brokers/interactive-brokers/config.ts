/** What `interactiveBrokers()` takes: every option, checked at construction with all faults in one error. */
import * as v from "valibot";
import type { InstanceOptions } from "../../spec/define-broker.ts";
import { readOptions } from "../shared/options.ts";

/** How to reach an account at Interactive Brokers through TWS or IB Gateway. */
export interface InteractiveBrokersOptions extends InstanceOptions {
  /** Host of TWS or IB Gateway. Default `127.0.0.1`. */
  readonly host?: string;
  /**
   * Socket port, 1 to 65535. In TWS: Global Configuration, API, Settings. The vendor's own defaults: TWS 7496 (real money)
   * and 7497 (paper), IB Gateway 4001 (real money) and 4002 (paper). No default here: the port decides about money.
   */
  readonly port: number;
  /**
   * Names this program towards the gateway, 0 to 2147483647. No default: it must be unique among the programs that are
   * connected, and always the same, since only the client id that placed an order may change or cancel it.
   */
  readonly clientId: number;
  /**
   * The account, as TWS shows it (`U1234567`). Default: the only one of the login that TWS first has, and no other later.
   * Paper accounts begin with D, and whether the account is real money is read from that alone.
   */
  readonly accountId?: string;
  /** Milliseconds to wait for the connection and for the answer of a read, 100 to 600000. Default 8000. */
  readonly timeout?: number;
  /**
   * Milliseconds to wait until the gateway has acknowledged a write, 100 to 600000; after that its outcome is unknown.
   * Default 15000.
   */
  readonly writeTimeout?: number;
  /** `true` takes delayed quotes where the account subscribes to no live ones. Default `false`: such quotes are refused. */
  readonly delayedQuotes?: boolean;
  /** The `@stoqey/ib` library by hand, for bundlers. Default: `import("@stoqey/ib")` at start. */
  readonly sdk?: unknown;
}

/** A name or an IPv4 address, or an IPv6 address, of a link where it must say of which. */
const HOST = /^(?:[\p{L}\p{N}._-]+|(?:[\da-f]*:){2,7}[\da-f.]*(?:%[\w.-]+)?)$/iu;

const whole = (least: number, most: number) => {
  const message = `must be a whole number from ${least} to ${most}`;
  return v.pipe(v.number(message), v.integer(message), v.minValue(least, message), v.maxValue(most, message));
};

const schema = () =>
  v.strictObject({
    host: v.optional(
      v.pipe(v.string("must be text"), v.regex(HOST, "must be a host name or an address, without port and brackets")),
      "127.0.0.1",
    ),
    port: whole(1, 65_535),
    clientId: whole(0, 2_147_483_647),
    accountId: v.optional(
      v.pipe(
        v.string("must be text"),
        v.regex(/^[A-Z]{1,3}\d{3,12}$/, "must be an account of Interactive Brokers, such as U1234567"),
      ),
    ),
    timeout: v.optional(whole(100, 600_000), 8_000),
    writeTimeout: v.optional(whole(100, 600_000), 15_000),
    delayedQuotes: v.optional(v.boolean("must be true or false"), false),
    sdk: v.optional(v.unknown()),
  });

/** Checked options with defaults, without those of the instance, which the gateway checks. */
export type InteractiveBrokersConfig = v.InferOutput<ReturnType<typeof schema>>;

/**
 * Checks the options.
 *
 * @throws TypeError that lists every fault.
 */
export function parseInteractiveBrokersOptions(options: InteractiveBrokersOptions): InteractiveBrokersConfig {
  return readOptions("interactiveBrokers", options, schema(), { hint });
}

function hint(name: string): string {
  if (name === "clientId") return ": a number of this program's own, always the same, there is no default";
  return name === "port" ? ": 7496 or 4001 for real money, 7497 or 4002 for paper" : "";
}
