/** What `longport()` takes: every option, checked at construction with all faults in one error. */
import * as v from "valibot";
import type { InstanceOptions } from "../../spec/define-broker.ts";
import { readOptions } from "../shared/options.ts";

/** How the services are reached. */
const TRANSPORTS = ["web", "native"] as const;

const ENVIRONMENTS = ["REAL", "SIMULATE"] as const;

/** Where the vendor's services are, unless an option says otherwise. */
const SERVICE_URLS = {
  httpUrl: "https://openapi.longportapp.com",
  quoteWsUrl: "wss://openapi-quote.longportapp.com/v2",
  tradeWsUrl: "wss://openapi-trade.longportapp.com/v2",
} as const;

/**
 * How to reach an account at Longbridge (Longport). Keys and tokens come from the vendor's developer site,
 * https://open.longportapp.com/account. Whether the account is a paper account is decided by its token alone;
 * `tradeEnv` says which it has to be.
 */
export interface LongportOptions extends InstanceOptions {
  /** App key of the developer site. */
  readonly appKey: string;
  /** App secret of the developer site. */
  readonly appSecret: string;
  /**
   * Access token of the developer site. It ends after about ninety days. Give this or `tokenFile`, not both. One that begins with
   * `us_` is of the vendor's data center in the US, whose accounts cannot be used: `NotSupported` at start.
   */
  readonly accessToken?: string;
  /**
   * Path of a TOML file with `token = "…"` and `expiry = "2026-01-01T00:00:00+00:00"`. A token that somebody else writes
   * there is taken up. Needs a file system.
   */
  readonly tokenFile?: string;
  /**
   * Asks for a new token when less than three days are left, and writes it to `tokenFile` before it is used. Default
   * `false`. The vendor ends the token before: nothing else may hold on to it. Where it fails the connection is told with
   * the reason, while the token still serves.
   */
  readonly autoRefreshToken?: boolean;
  /**
   * Which account the token has to be of. With `SIMULATE` a token that is not that of a paper account, or does not say so,
   * is refused at start and whenever it comes, and every request tells the vendor to refuse real money, but for those of
   * the SDK, which has no such word: over `native` cash, positions and the links rest on the token alone, orders do not. With
   * `REAL` the token of a paper account is refused. What a paper account does not take is `NotSupported` with `SIMULATE`.
   * Default: any, told as `REAL`.
   */
  readonly tradeEnv?: (typeof ENVIRONMENTS)[number];
  /** Default `https://openapi.longportapp.com`. */
  readonly httpUrl?: string;
  /** Default `wss://openapi-quote.longportapp.com/v2`. */
  readonly quoteWsUrl?: string;
  /** Default `wss://openapi-trade.longportapp.com/v2`. */
  readonly tradeWsUrl?: string;
  /** `web` (the default) needs nothing but `fetch`, `WebSocket` and WebCrypto; `native` goes through the SDK `longport`. */
  readonly transport?: (typeof TRANSPORTS)[number];
  /** The `longport` library by hand, its default export or its namespace, for bundlers. Default: `import("longport")` at start. */
  readonly sdk?: unknown;
}

/** Keys and tokens travel in headers: what a header cannot carry would come back in an error message. */
const HEADER_TEXT = /^[\x21-\x7e]+$/;

const secret = () => v.pipe(v.string("must be text"), v.regex(HEADER_TEXT, "must be printable ASCII without spaces"));

function url(protocols: readonly string[]) {
  const wanted = `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(" or ")}`;
  return v.pipe(
    v.string(wanted),
    v.check((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), wanted),
    v.transform((text) => text.replace(/\/+$/, "")),
  );
}

/** Requests are made of it and a path, and `fetch` refuses an address with a password, which it shows in its error. */
function httpUrl() {
  const bare = (text: string) => {
    const { username, password } = URL.canParse(text) ? new URL(text) : { username: "", password: "" };
    return username === "" && password === "" && !/[?#]/.test(text);
  };
  return v.pipe(url(["https:", "http:"]), v.check(bare, "must have no user, no password, no query and no fragment"));
}

/** No socket can be opened at a part of a page. */
function socketUrl() {
  return v.pipe(
    url(["wss:", "ws:"]),
    v.check((text) => !text.includes("#"), "must have no fragment"),
  );
}

const schema = () =>
  v.pipe(
    v.strictObject({
      appKey: secret(),
      appSecret: v.pipe(v.string("must be text"), v.nonEmpty("must not be empty")),
      accessToken: v.optional(secret()),
      tokenFile: v.optional(v.pipe(v.string("must be a path"), v.nonEmpty("must not be empty"))),
      autoRefreshToken: v.optional(v.boolean("must be true or false"), false),
      tradeEnv: v.optional(v.picklist(ENVIRONMENTS, `must be ${ENVIRONMENTS.join(" or ")}`)),
      httpUrl: v.optional(httpUrl(), SERVICE_URLS.httpUrl),
      quoteWsUrl: v.optional(socketUrl(), SERVICE_URLS.quoteWsUrl),
      tradeWsUrl: v.optional(socketUrl(), SERVICE_URLS.tradeWsUrl),
      transport: v.optional(v.picklist(TRANSPORTS, `must be ${TRANSPORTS.join(" or ")}`), "web"),
      sdk: v.optional(v.unknown()),
    }),
    v.partialCheck(
      [["accessToken"], ["tokenFile"]],
      ({ accessToken, tokenFile }) => (accessToken === undefined) !== (tokenFile === undefined),
      "options need either accessToken or tokenFile",
    ),
    v.partialCheck(
      [["autoRefreshToken"], ["tokenFile"]],
      ({ autoRefreshToken, tokenFile }) => !autoRefreshToken || tokenFile !== undefined,
      "options need tokenFile for autoRefreshToken: a token that is kept nowhere is lost with the process",
    ),
  );

/** Checked options with defaults, without those of the instance, which the gateway checks. */
export type LongportConfig = v.InferOutput<ReturnType<typeof schema>>;

/**
 * Checks the options.
 *
 * @throws TypeError that lists every fault; values are left out, since some are secrets.
 */
export function parseLongportOptions(options: LongportOptions): LongportConfig {
  return readOptions("longport", options, schema());
}

/** True for a token that a header can carry. */
export function isToken(value: unknown): value is string {
  return typeof value === "string" && HEADER_TEXT.test(value);
}
