/** What `futu()` takes: every option, checked at construction with all faults in one error. */
import * as v from "valibot";
import type { InstanceOptions } from "../../spec/define-broker.ts";
import { readOptions } from "../shared/options.ts";

/** Futu's companies, in the words of the vendor's Python SDK, with their numbers on OpenD's wire. */
export const SECURITY_FIRMS = {
  /** Futu Securities (Hong Kong). */
  FUTUSECURITIES: 1,
  /** Moomoo Financial, formerly Futu Inc (United States). */
  FUTUINC: 2,
  /** Moomoo Singapore. */
  FUTUSG: 3,
  /** Moomoo Australia. */
  FUTUAU: 4,
  /** Moomoo Canada. */
  FUTUCA: 5,
  /** Moomoo Malaysia. */
  FUTUMY: 6,
  /** Moomoo Japan. */
  FUTUJP: 7,
} as const;

const FIRM_NAMES = Object.keys(SECURITY_FIRMS) as (keyof typeof SECURITY_FIRMS)[];

/** How to reach an account at Futu through OpenD, the vendor's local gateway. */
export interface FutuOptions extends InstanceOptions {
  /** Host of OpenD. Default `127.0.0.1`. In OpenD's configuration: `websocket_ip`. */
  readonly host?: string;
  /** OpenD's WebSocket port, 1 to 65535; not its API port 11111. In OpenD's configuration: `websocket_port`, off by default. */
  readonly port: number;
  /** Connects with TLS (`wss`). Default `false`. True exactly if OpenD has `websocket_cert` and `websocket_private_key`. */
  readonly ssl?: boolean;
  /** The WebSocket key in plain text. Default: none. OpenD's `websocket_key_md5` is the MD5 of this text. */
  readonly key?: string;
  /** `REAL` trades real money, `SIMULATE` paper accounts. No default: to trade real money has to be said. */
  readonly tradeEnv: "REAL" | "SIMULATE";
  /**
   * MD5 of the trade password, 32 hex digits: `echo -n PASSWORD | md5sum`. Default: none, and then orders of a REAL
   * account are refused until somebody unlocks trading in OpenD itself. SIMULATE needs none.
   */
  readonly unlockPin?: string;
  /** The account's number as decimal text (64 bits do not fit a number). Default: the only one that fits. In `get_acc_list`: `acc_id`. */
  readonly accountId?: string;
  /** The company the account is at, where the login has accounts at several. Default: any. In `get_acc_list`: `security_firm`. */
  readonly securityFirm?: keyof typeof SECURITY_FIRMS;
  /** The `futu-api` library by hand, its default export or its namespace, for bundlers. Default: `import("futu-api")` at start. */
  readonly sdk?: unknown;
}

/** A name or an IPv4 address, or an IPv6 address. */
const HOST = /^(?:[\p{L}\p{N}._-]+|(?:[\da-f]*:){2,7}[\da-f.]*)$/iu;

const schema = () =>
  v.strictObject({
    host: v.optional(
      v.pipe(v.string("must be text"), v.regex(HOST, "must be a host name or an address, without port and brackets")),
      "127.0.0.1",
    ),
    port: v.pipe(
      v.number("must be a whole number from 1 to 65535"),
      v.integer("must be a whole number from 1 to 65535"),
      v.minValue(1, "must be a whole number from 1 to 65535"),
      v.maxValue(65535, "must be a whole number from 1 to 65535"),
    ),
    ssl: v.optional(v.boolean("must be true or false"), false),
    key: v.optional(v.string("must be text")),
    tradeEnv: v.picklist(["REAL", "SIMULATE"], "must be REAL or SIMULATE; there is no default"),
    unlockPin: v.optional(
      v.pipe(
        v.string("must be text"),
        v.regex(/^[0-9a-fA-F]{32}$/, "must be the MD5 of the trade password, 32 hex digits"),
        v.toLowerCase(),
      ),
    ),
    accountId: v.optional(
      v.pipe(
        v.string("must be text, since 64 bits do not fit a number"),
        v.regex(/^[1-9]\d{0,19}$/, "must be the account's number in decimal digits"),
      ),
    ),
    securityFirm: v.optional(v.picklist(FIRM_NAMES, `must be one of ${FIRM_NAMES.join(", ")}`)),
    sdk: v.optional(v.unknown()),
  });

/** Checked options with defaults, without those of the instance, which the gateway checks. */
export type FutuConfig = v.InferOutput<ReturnType<typeof schema>>;

/**
 * Checks the options.
 *
 * @throws TypeError that lists every fault; values are left out, since some are secrets.
 */
export function parseFutuOptions(options: FutuOptions): FutuConfig {
  return readOptions("futu", options, schema(), { hint });
}

function hint(name: string): string {
  if (name === "tradeEnv") return ": REAL or SIMULATE, there is no default";
  return name === "port" ? ": OpenD's websocket_port" : "";
}
