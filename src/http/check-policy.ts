/** What is wrong with tokens and limits, in words. Tokens are never repeated, not even wrong ones. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import * as z from "zod";
import { sameCurrency } from "../domain/cash.ts";
import { contractKey, normalizeContract, type TradeType } from "../domain/contract.ts";
import { DIRECTIONS, LIFECYCLES, ORDER_TYPES } from "../domain/order.ts";
import type { InstanceOptions } from "../spec/define-broker.ts";
import { type AdminTokenOptions, SCOPES, type TokenOptions } from "../spec/policy.ts";
import { NO_TOKEN, TOKEN_PATTERN } from "./auth.ts";

const TOKEN_RULE = "must be 16 to 64 visible ASCII characters without spaces";

const MOMENT_RULE = "must be a Date, or text with its time zone such as 2026-12-31T23:59:59Z";

const SCOPES_RULE = `must have one or more of ${SCOPES.join(", ")}`;

/** A trade type, where it is not `Securities`, a region and a symbol. */
const SYMBOL = /^(?:([A-Z][A-Za-z]+) )?([A-Z]{2,}) (\S+)$/;

/** The one form of a contract's key: an order's contract is brought into it, and would never be found among others. */
function asWritten(key: string): string {
  const [, tradeType = "Securities", region = "", symbol = ""] = SYMBOL.exec(key) ?? [];
  return contractKey(normalizeContract({ tradeType: tradeType as TradeType, region, symbol }));
}

/** The schemas of tokens and limits. Made at the first need: plain tokens without limits, which most are, need none. */
function makeSchemas() {
  const aboveZero = z.number({ error: "must be a number above 0" }).gt(0, { error: "must be a number above 0" });
  const count = z.int({ error: "must be a whole number, 0 or more" }).gte(0, { error: "must not be negative" });
  const milliseconds = z.int({ error: "must be a whole number of milliseconds" }).gte(1, { error: "must be above 0" });
  const currency = text(/^[A-Z]{3,5}$/, "must be a currency code in capitals, such as USD");

  const contracts = {
    regions: listOf(text(/^[A-Z]{2,}$/, "must be two or more capitals, such as US")).optional(),
    symbols: listOf(
      text(SYMBOL, 'must be a region and a symbol, such as "HK 00700"').refine((key) => key === asWritten(key), {
        error: ({ input }) => `must be written as orders are held against it, "${asWritten(String(input))}"`,
        // What is no symbol has no other form either.
        when: ({ issues }) => issues.length === 0,
      }),
    ).optional(),
  };

  const moment = z.union([z.date(), z.iso.datetime({ offset: true, error: MOMENT_RULE })], { error: MOMENT_RULE });

  const credential = {
    token: text(TOKEN_PATTERN, TOKEN_RULE).optional(),
    sha256: text(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits in lower case").optional(),
    name: text(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, "_", "." or "-"'),
    expiresAt: moment.optional(),
  };

  const token = z.strictObject({
    ...credential,
    scopes: z.array(oneOf(SCOPES), { error: SCOPES_RULE }).min(1, { error: SCOPES_RULE }),
    allow: z
      .strictObject({
        ...contracts,
        directions: listOf(oneOf(DIRECTIONS)).optional(),
        orderTypes: listOf(oneOf(ORDER_TYPES)).optional(),
        lifecycles: listOf(oneOf(LIFECYCLES)).optional(),
      })
      .optional(),
    limits: z
      .strictObject({
        maxOrderValue: aboveZero.optional(),
        maxOrderQty: aboveZero.optional(),
        maxDailyValue: aboveZero.optional(),
        ordersPerMinute: count.optional(),
      })
      .optional(),
  });

  /** An operator's token: as of an instance, but that its scope is always `admin`. */
  const adminToken = z.strictObject(credential);

  const risk = z.strictObject({
    currency: currency.optional(),
    rates: z.record(currency, aboveZero).optional(),
    maxOrderValue: aboveZero.optional(),
    maxOrderQty: aboveZero.optional(),
    maxDailyValue: aboveZero.optional(),
    maxOpenOrders: count.optional(),
    priceCollar: aboveZero.lte(1, { error: "must be at most 1: 0.05 is 5 percent" }).optional(),
    quotes: z
      .strictObject({ maxAgeMs: milliseconds.optional(), missing: oneOf(["refuse", "allow"]).optional() })
      .optional(),
    duplicateWindowMs: milliseconds.optional(),
    allow: z.strictObject(contracts).optional(),
    allowShort: z.boolean({ error: "must be true or false" }).optional(),
  });

  return { token, adminToken, risk };
}

type Schemas = ReturnType<typeof makeSchemas>;
let made: Schemas | undefined;

function schemas(): Schemas {
  made ??= makeSchemas();
  return made;
}

/** Faults of the tokens of an instance. */
export function tokenFaults(tokens: unknown): string[] {
  return faultsOfTokens(tokens, "tokens", "token");
}

/** Faults of the operators' tokens. */
export function adminTokenFaults(tokens: unknown): string[] {
  return faultsOfTokens(tokens, "adminTokens", "adminToken");
}

/** Faults of the limits of an instance. */
export function riskFaults(risk: unknown): string[] {
  const result = schemas().risk.safeParse(risk);
  return result.success ? senselessRates(result.data) : faultsOf(result, "risk");
}

/** Rates that say something else than they are taken for: those of limits in another currency, and a second one of the yuan. */
function senselessRates({ currency = "USD", rates = {} }: z.infer<Schemas["risk"]>): string[] {
  const faults = Object.entries(rates).flatMap(([name, rate]) =>
    sameCurrency(name, currency) && rate !== 1
      ? [`risk.rates.${name} must be 1, since limits are in ${currency}, not ${rate}`]
      : [],
  );
  const { CNY, CNH = CNY } = rates;
  if (CNY !== undefined && CNH !== CNY)
    faults.push("risk.rates.CNH and risk.rates.CNY are of one currency here: give one");
  return faults;
}

function faultsOfTokens(tokens: unknown, option: string, kind: "token" | "adminToken"): string[] {
  if (!Array.isArray(tokens) || tokens.length === 0) return [`${option} must be a list of at least one token`];
  const placeOf = new Map<string, string>();
  return tokens.flatMap((token: unknown, index) => {
    const place = `${option}[${index}]`;
    let digest: string;
    if (typeof token === "object" && token !== null) {
      const result = schemas()[kind].safeParse(token);
      if (!result.success) return faultsOf(result, place);
      const { token: secret, sha256: its, name } = result.data;
      if ((secret === undefined) === (its === undefined)) return [`${place} needs either token or sha256`];
      digest = its ?? digestOf(secret ?? "");
      if (digest === digestOf(NO_TOKEN)) return [`${place}.sha256 is the digest of no text: the token was not set`];
      if (digestOf(name) === digest) return [`${place}.name is shown to operators and must not be the token`];
    } else if (typeof token === "string" && TOKEN_PATTERN.test(token)) {
      digest = digestOf(token);
    } else {
      return [`${place} ${TOKEN_RULE}${lengthOf(token)}`];
    }
    const earlier = placeOf.get(digest);
    placeOf.set(digest, earlier ?? place);
    return earlier === undefined ? [] : [`${place} is the same token as ${earlier}`];
  });
}

/**
 * Faults of options that are right each by itself: what is a secret anywhere must be nobody's name, and an operator's token
 * must open no instance.
 */
export function sharedSecretFaults(instances: readonly InstanceOptions[], adminTokens: readonly AnyToken[]): string[] {
  const ids = new Set(instances.map(({ instanceId }) => instanceId));
  const ofInstances = new Set(instances.flatMap(({ tokens }) => tokens.map(digestOfToken)));
  const ofOperators = new Set(adminTokens.map(digestOfToken));
  const isSecret = (name: string) => {
    const digest = digestOf(name);
    return ids.has(name) || ofInstances.has(digest) || ofOperators.has(digest);
  };
  const faults: string[] = [];
  const checkName = (place: string, name: string | undefined) => {
    if (name !== undefined && isSecret(name)) {
      faults.push(`${place} is shown to operators and must not be an instance's id or a token`);
    }
  };
  for (const [index, { name, tokens }] of instances.entries()) {
    checkName(`brokers[${index}].name`, name);
    for (const [at, token] of tokens.entries()) checkName(`brokers[${index}].tokens[${at}].name`, nameOf(token));
  }
  for (const [index, token] of adminTokens.entries()) {
    checkName(`adminTokens[${index}].name`, nameOf(token));
    if (ofInstances.has(digestOfToken(token))) {
      faults.push(`adminTokens[${index}] is a token of an instance too; whoever has that one would look after all`);
    }
  }
  return faults;
}

/** A token of either kind, checked. */
type AnyToken = string | TokenOptions | AdminTokenOptions;

function nameOf(token: AnyToken): string | undefined {
  return typeof token === "string" ? undefined : token.name;
}

function digestOfToken(token: AnyToken): string {
  return typeof token === "string" ? digestOf(token) : (token.sha256 ?? digestOf(token.token ?? ""));
}

function digestOf(token: string): string {
  return bytesToHex(sha256(utf8ToBytes(token)));
}

/** The value itself is a secret, even a wrong one. */
export function lengthOf(value: unknown): string {
  return typeof value === "string" ? ` (it has ${value.length} characters)` : ` (it is ${typeof value})`;
}

function text(pattern: RegExp, error: string) {
  return z.string({ error }).regex(pattern, { error });
}

function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, { error: `must be one of ${words.join(", ")}` });
}

function listOf<Item extends z.ZodType>(item: Item) {
  return z.array(item, { error: "must be a list" });
}

function faultsOf({ error }: z.ZodSafeParseResult<unknown>, option: string): string[] {
  return (error?.issues ?? []).flatMap((issue) => {
    const place = [option, ...issue.path.map(String)].join(".");
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => `${place}.${key} is not an option`);
    if (issue.code === "invalid_type" && issue.path.length === 0) return [`${place} must be an object`];
    if (issue.code === "invalid_key") return [`${place} must be named by a currency code in capitals`];
    return [`${place} ${issue.message}`];
  });
}
