/** What `tiger()` takes: every option, checked at construction with all faults in one error. */
import * as v from "valibot";
import type { InstanceOptions } from "../../spec/define-broker.ts";
import { readOptions } from "../shared/options.ts";
import { readPrivateKey, readPublicKey } from "./keys.ts";

/** The gateway of the licences outside of the United States. */
const SERVER_URL = "https://openapi.tigerfintech.com/gateway";
const PUSH_URL = "tls://openapi.tigerfintech.com:9883";

/** The key with which the vendor's gateway signs its answers, as its SDKs carry it. */
const TIGER_PUBLIC_KEY =
  "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDNF3G8SoEcCZh2rshUbayDgLLrj6rKgzNMxDL2HSnKcB0+GPOsndqSv+a4IBu9+I3fyBp5hkyMMG2" +
  "+AXugd9pMpy6VxJxlNjhX1MYbNTZJUT4nudki4uh+LMOkIBHOceGNXjgB+cXqmlUnjlqha/HgboeHSnSgpM3dKSJQlIOsDwIDAQAB";

/** How the certificate of the push service is looked at. The vendor's own SDKs do not look. */
export interface TigerPushTls {
  /** Certificates to trust besides none other, PEM. Default: those that the runtime trusts. */
  readonly ca?: string;
  /** `false` takes any certificate, as the vendor's SDKs do; whoever sits in between can then forge order pushes. Default `true`. */
  readonly rejectUnauthorized?: boolean;
  /** The name that the certificate must be for. Default: the host of `pushUrl`. */
  readonly servername?: string;
}

/** How to reach an account at Tiger Brokers. */
export interface TigerOptions extends InstanceOptions {
  /** The developer's number. In the developer console: `tiger_id`. */
  readonly tigerId: string;
  /**
   * The account. In the developer console: `account`. There is no environment to choose: a number of 17 digits or more is
   * a paper account, everything else is one with real money, and `capabilities` says which.
   */
  readonly account: string;
  /** The developer's RSA private key, PKCS#1 or PKCS#8, as PEM or bare base64. Either this or `privateKeyPath`. */
  readonly privateKey?: string;
  /** A file with the private key, read at start; not in a worker, which has no files. */
  readonly privateKeyPath?: string;
  /** The gateway. Default `https://openapi.tigerfintech.com/gateway`; for US licences `https://openapi.tradeup.com/gateway`. */
  readonly serverUrl?: string;
  /** The gateway for quotes, for licences that have one of their own. Default: `serverUrl`. */
  readonly quoteServerUrl?: string;
  /** The push service: `tls://` or, without encryption, `tcp://`, host and port. Default `tls://openapi.tigerfintech.com:9883`; US 9983. */
  readonly pushUrl?: string;
  readonly pushTls?: TigerPushTls;
  /**
   * How changes of orders come. `stream` is the push service, which needs TCP sockets: where the runtime has none, it is
   * `polling` all the same, and `capabilities` says so. `polling` leaves the push service to another program, since the
   * vendor takes one connection for each `tigerId`. Default `stream`.
   */
  readonly push?: "stream" | "polling";
  /** Milliseconds between two looks at the orders while polling, 2000 to 60000. Default 3000. */
  readonly pollMs?: number;
  /** The key that the vendor signs its answers with, SPKI, as PEM or bare base64. Default: the vendor's. */
  readonly tigerPublicKey?: string;
  /** The token of licences that have one (Hong Kong); it is sent as `Authorization`, and ends after thirty days. Default: none. */
  readonly token?: string;
  /**
   * A file with that token, in place of `token`: the vendor's `tiger_openapi_token.properties`, or the token alone. It is
   * read at start and whenever Tiger refuses the login, so that one that has been renewed needs no restart; not in a worker.
   */
  readonly tokenFile?: string;
  /** Names this device to the vendor's quote permissions, in the form of a MAC address. Default: none. */
  readonly deviceId?: string;
  /** The trader's key of institutional accounts. In the institution's console: `secret_key`. Default: none. */
  readonly secretKey?: string;
}

const text = () => v.pipe(v.string("must be text"), v.nonEmpty("must not be empty"));
const url = () =>
  v.pipe(
    v.string("must be text"),
    v.check(
      (given) => URL.canParse(given) && /^https?:$/.test(new URL(given).protocol),
      "must begin with https:// or http://",
    ),
    v.check(
      (given) => !URL.canParse(given) || `${new URL(given).username}${new URL(given).password}` === "",
      "must name neither a user nor a password, which no request can be sent with",
    ),
  );

const schema = () =>
  v.pipe(
    v.strictObject({
      tigerId: v.pipe(v.string("must be text"), v.regex(/^\w{1,32}$/, "must be the developer's number")),
      account: v.pipe(v.string("must be text"), v.regex(/^\w{1,32}$/, "must be the account's number")),
      privateKey: v.optional(v.pipe(v.string("must be text"), keyOf(readPrivateKey))),
      privateKeyPath: v.optional(text()),
      serverUrl: v.optional(url(), SERVER_URL),
      quoteServerUrl: v.optional(url()),
      pushUrl: v.optional(
        v.pipe(
          v.string("must be text"),
          v.regex(
            /^(?:tls|ssl|tcp):\/\/(?:\[[\da-fA-F:]+\]|[\w.-]+):\d{1,5}\/?$/,
            "must be tls://HOST:PORT or tcp://HOST:PORT",
          ),
          v.check(isAddress, "must be tls://HOST:PORT or tcp://HOST:PORT, of a host and a port that there can be"),
        ),
        PUSH_URL,
      ),
      pushTls: v.optional(
        v.strictObject({
          ca: v.optional(text()),
          rejectUnauthorized: v.optional(v.boolean("must be true or false")),
          servername: v.optional(text()),
        }),
        {},
      ),
      push: v.optional(v.picklist(["stream", "polling"], "must be stream or polling"), "stream"),
      pollMs: v.optional(
        v.pipe(
          v.number("must be a number of milliseconds"),
          v.minValue(2000, "must be 2000 or more"),
          v.maxValue(60_000, "must be 60000 or less"),
        ),
        3000,
      ),
      tigerPublicKey: v.optional(v.pipe(v.string("must be text"), keyOf(readPublicKey)), TIGER_PUBLIC_KEY),
      token: v.optional(v.pipe(text(), v.check(isToken, "must be one line of ASCII without blanks around it"))),
      tokenFile: v.optional(text()),
      deviceId: v.optional(text()),
      secretKey: v.optional(text()),
    }),
    v.partialCheck(
      [["privateKey"], ["privateKeyPath"]],
      ({ privateKey, privateKeyPath }) => (privateKey === undefined) !== (privateKeyPath === undefined),
      "either privateKey or privateKeyPath must be given",
    ),
    v.partialCheck(
      [["token"], ["tokenFile"]],
      ({ token, tokenFile }) => token === undefined || tokenFile === undefined,
      "token and tokenFile must not both be given",
    ),
  );

/** True for what a header can carry. */
export function isToken(given: string): boolean {
  return /^[!-~](?:[ -~]*[!-~])?$/.test(given);
}

function isAddress(pushUrl: string): boolean {
  const asked = pushUrl.replace(/^\w+:/, "http:");
  return URL.canParse(asked) && new URL(asked).port !== "0";
}

/** Keys stay text in the schema's input and become bytes in its output. */
function keyOf(read: (text: string) => Uint8Array<ArrayBuffer>) {
  return v.rawTransform<string, Uint8Array<ArrayBuffer>>(({ dataset, addIssue, NEVER }) => {
    try {
      return read(dataset.value);
    } catch (error) {
      addIssue({ message: error instanceof Error ? error.message : "is no key" });
      return NEVER;
    }
  });
}

/** Checked options with defaults, without those of the instance, which the gateway checks. */
export type TigerConfig = v.InferOutput<ReturnType<typeof schema>>;

/** True for the number of a paper account. */
export function isPaperAccount(account: string): boolean {
  return /^\d{17,}$/.test(account);
}

/**
 * True for a Global account, which Interactive Brokers clears: what its assets are is asked for in another way. Source: the
 * vendor's Java SDK, `AccountUtil`, by which its letters are `U`, `DU`, `F` or `DF`.
 */
export function isGlobalAccount(account: string): boolean {
  return /^D?[UF]/.test(account);
}

/** The last four digits: enough to tell accounts apart, not enough to name one. */
export function maskAccount(account: string): string {
  return `****${account.slice(-4)}`;
}

/** Takes out of the vendor's words what is nobody else's business: it may name in a refusal what it was given. */
export function conceal(
  text: string,
  { account, secretKey, token }: Pick<TigerConfig, "account" | "secretKey" | "token">,
) {
  const secrets = [secretKey, token].filter((secret) => secret !== undefined);
  const shown = secrets.reduce((rest, secret) => rest.replaceAll(secret, "***"), text);
  return shown.replaceAll(account, maskAccount(account));
}

/**
 * Checks the options.
 *
 * @throws TypeError that lists every fault; values are left out, since some are secrets.
 */
export function parseTigerOptions(options: TigerOptions): TigerConfig {
  return readOptions("tiger", options, schema());
}
