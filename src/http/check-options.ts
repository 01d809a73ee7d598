/** Everything that can be wrong with the options of a gateway, found at once. Secrets are never repeated. */
import { shown } from "../domain/shown.ts";
import type { Journal } from "../journal/journal.ts";
import type { Observer } from "../observe/observer.ts";
import type { Broker } from "../spec/broker.ts";
import { OPERATIONS } from "../spec/capabilities.ts";
import { type InstanceOptions, instanceOf } from "../spec/define-broker.ts";
import type { AdminTokenOptions, TokenOptions } from "../spec/policy.ts";
import type { Api } from "./api.ts";
import type { ErrorReport } from "./app.ts";
import { checkApis, unknownKeys } from "./check-apis.ts";
import { adminTokenFaults, lengthOf, riskFaults, sharedSecretFaults, tokenFaults } from "./check-policy.ts";
import { type CorsOptions, corsFaults } from "./cors.ts";
import type { ErrorStatus } from "./failures.ts";
import { REQUEST_HEADERS } from "./headers.ts";
import { STD_APIS } from "./std-apis.ts";

/** What a gateway is made of. */
export interface HttpTradingOptions {
  /** The brokers to be served, each made by its function (`paper`, `futu`, …) or with `defineBroker`. */
  readonly brokers: readonly Broker[];
  /**
   * Gets the standard APIs and gives back those that are to be served: drop, replace, wrap or reorder them.
   * Default: all of them.
   */
  readonly stdApis?: (std: readonly Api[]) => readonly Api[];
  /** Further APIs, behind the same authentication and in the same envelope. See `defineApi`. */
  readonly extendApis?: readonly Api[];
  /** The header that carries the token. Default `HT-TOKEN`. */
  readonly tokenHeader?: string;
  /** `http` (default): failures have their own status. `200`: all are answered 200 and told by `ex`, as in Python. */
  readonly errorStatus?: ErrorStatus;
  /** Where orders are written down before they are sent. Default: in memory, forgotten when the process ends. */
  readonly journal?: Journal;
  /**
   * Refuses every place, replace and cancel that carries no `Idempotency-Key` (400). Default false: a write without a key
   * is done each time it is sent.
   */
  readonly requireIdempotencyKey?: boolean;
  /**
   * Days for which the journal remembers keys with their answers, completed orders and events; older ones are forgotten
   * in the background. 1 to 36525, default 30.
   */
  readonly idempotencyDays?: number;
  /**
   * Tokens of whoever runs this gateway: they open `/httptrading/guard/state` (the kill switch of all instances),
   * `/httptrading/metrics` and `/httptrading/health/ready`, and none of the instances. Default: none, and these are not
   * there.
   */
  readonly adminTokens?: readonly (string | AdminTokenOptions)[];
  /** Web pages that may use this gateway from a browser. Default: none of another origin. */
  readonly cors?: CorsOptions;
  /** Who watches requests and writes: logs, traces, anything of your own. Default: nobody, which costs nothing. */
  readonly observers?: readonly Observer[];
  /** Told of exceptions that nobody foresaw, in handlers of your own for example. Default: writes to the console. */
  readonly onError?: (error: unknown, report: ErrorReport) => void;
}

/** A broker and the options of its instance. */
export interface BrokerInstance {
  readonly broker: Broker;
  readonly instance: InstanceOptions;
}

/** {@link HttpTradingOptions}, checked and complete but for the journal. */
export interface CheckedOptions {
  readonly instances: readonly BrokerInstance[];
  readonly apis: readonly Api[];
  readonly tokenHeader: string;
  readonly errorStatus: ErrorStatus;
  readonly requireIdempotencyKey: boolean;
  readonly idempotencyDays: number;
  readonly adminTokens: readonly (string | AdminTokenOptions)[];
  readonly cors: CorsOptions | undefined;
  readonly observers: readonly Observer[];
  readonly onError: ((error: unknown, report: ErrorReport) => void) | undefined;
}

const KNOWN: readonly string[] = [
  "brokers",
  "stdApis",
  "extendApis",
  "tokenHeader",
  "errorStatus",
  "journal",
  "requireIdempotencyKey",
  "idempotencyDays",
  "adminTokens",
  "cors",
  "observers",
  "onError",
] satisfies readonly (keyof HttpTradingOptions)[];

const INSTANCE_ID = /^\w{16,32}$/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** A token in one of them would be taken for what it says: every order would have the same key, for example. */
const TAKEN_HEADERS: readonly string[] = [
  ...REQUEST_HEADERS,
  "connection",
  "content-length",
  "host",
  "origin",
  "transfer-encoding",
];

// Timers take no longer delay than this; a longer one would fire at once.
const MAX_DEADLINE_MS = 2_147_483_647;

/** A hundred years. */
const MAX_DAYS = 36_525;

/**
 * Checks the options and fills in the defaults.
 *
 * @throws TypeError that lists every option that is wrong; brokers are named by place and kind, never by id.
 */
export function checkOptions(options: HttpTradingOptions): CheckedOptions {
  if (typeof options !== "object" || options === null) {
    throw new TypeError("createHttpTrading needs an object of options, such as { brokers: [paper({ … })] }");
  }
  const { brokers, tokenHeader = "HT-TOKEN", errorStatus = "http", onError, journal } = options;
  const { requireIdempotencyKey = false, idempotencyDays = 30, adminTokens, cors, observers = [] } = options;
  const faults = unknownKeys(options, KNOWN);

  const instances = checkBrokers(brokers, faults);
  const std = standardApis(options, faults);
  const apis = checkApis([...std, ...ownApis(options, faults)], std.length, faults);
  if (typeof tokenHeader !== "string" || !HEADER_NAME.test(tokenHeader)) {
    faults.push(`tokenHeader must be the name of a header, not ${shown(tokenHeader)}`);
  } else if (TAKEN_HEADERS.includes(tokenHeader.toLowerCase())) {
    faults.push(`tokenHeader must be a header of its own; ${tokenHeader} says something else`);
  }
  if (errorStatus !== "http" && errorStatus !== 200) {
    faults.push(`errorStatus must be "http" or 200, not ${shown(errorStatus)}`);
  }
  if (onError !== undefined && typeof onError !== "function") faults.push("onError must be a function");
  const lacked = journal === undefined ? [] : lackedBy(journal);
  if (lacked.length > 0) {
    faults.push(
      `journal must be a journal, such as memoryJournal() or sqliteJournal(file); this one lacks ${lacked.join(", ")}`,
    );
  }
  if (typeof requireIdempotencyKey !== "boolean") faults.push("requireIdempotencyKey must be true or false");
  if (!Number.isInteger(idempotencyDays) || idempotencyDays < 1 || idempotencyDays > MAX_DAYS) {
    faults.push(`idempotencyDays must be a whole number from 1 to ${MAX_DAYS}, not ${shown(idempotencyDays)}`);
  }
  if (adminTokens !== undefined) faults.push(...adminTokenFaults(adminTokens));
  if (cors !== undefined) faults.push(...corsFaults(cors));
  if (!Array.isArray(observers) || !observers.every((observer) => typeof observer === "object" && observer !== null)) {
    faults.push("observers must be a list of observers, such as [logTape] of httptrading/logs");
  }
  if (faults.length === 0) {
    faults.push(
      ...sharedSecretFaults(
        instances.map((each) => each.instance),
        adminTokens ?? [],
      ),
    );
  }
  if (faults.length > 0) {
    throw new TypeError(`createHttpTrading cannot begin:\n${faults.map((fault) => `- ${fault}`).join("\n")}`);
  }
  return {
    instances,
    apis,
    tokenHeader,
    errorStatus,
    requireIdempotencyKey,
    idempotencyDays,
    adminTokens: adminTokens ?? [],
    cors,
    observers,
    onError,
  };
}

function checkBrokers(brokers: unknown, faults: string[]): BrokerInstance[] {
  if (!Array.isArray(brokers)) {
    faults.push("brokers must be a list, such as [paper({ … })]");
    return [];
  }
  const placeOf = new Map<string, string>();
  return brokers.flatMap((broker: unknown, index) => {
    const instance = instanceOf(broker);
    if (instance === undefined || !isBroker(broker)) {
      faults.push(
        `brokers[${index}] is not a broker, with kind, display and capabilities; make one with paper({ … }), futu({ … }) or defineBroker`,
      );
      return [];
    }
    const place = `brokers[${index}] (${broker.kind})`;
    faults.push(...[...memberFaults(broker), ...instanceFaults(instance)].map((fault) => `${place}: ${fault}`));
    const earlier = placeOf.get(instance.instanceId);
    if (earlier !== undefined) faults.push(`${place}: instanceId is the same as that of ${earlier}`);
    else placeOf.set(instance.instanceId, place);
    return [{ broker, instance }];
  });
}

function isBroker(value: unknown): value is Broker {
  if (typeof value !== "object" || value === null) return false;
  const { kind, display, capabilities } = value as Partial<Record<keyof Broker, unknown>>;
  return typeof kind === "string" && kind !== "" && typeof display === "string" && typeof capabilities === "function";
}

const OPTIONAL = [...OPERATIONS, "orderNumber", "queues", "start", "close"] as const;

/** What is there and no method would be offered, and fail when it is asked for. */
function memberFaults(broker: Broker): string[] {
  return OPTIONAL.filter((name) => broker[name] !== undefined && typeof broker[name] !== "function").map(
    (name) => `${name} must be a function, or be left out`,
  );
}

function instanceFaults({ instanceId, tokens, name, deadlineMs, risk }: InstanceOptions): string[] {
  const faults: string[] = [];
  if (typeof instanceId !== "string" || !INSTANCE_ID.test(instanceId)) {
    faults.push(`instanceId must be 16 to 32 letters, digits or underscores${lengthOf(instanceId)}`);
  }
  faults.push(...tokenFaults(tokens));
  if (risk !== undefined) faults.push(...riskFaults(risk));
  if (name !== undefined && (typeof name !== "string" || name.trim() === "")) {
    faults.push("name must be a text, for operators");
  } else if (name !== undefined && [instanceId, ...(Array.isArray(tokens) ? tokens.map(textOf) : [])].includes(name)) {
    faults.push("name is shown to operators and must not be the instance's id or a token");
  }
  if (deadlineMs !== undefined && !(Number.isInteger(deadlineMs) && deadlineMs >= 1 && deadlineMs <= MAX_DEADLINE_MS)) {
    faults.push(`deadlineMs must be a whole number of milliseconds above 0, not ${shown(deadlineMs)}`);
  }
  return faults;
}

function textOf(token: string | TokenOptions): string | undefined {
  return typeof token === "object" && token !== null ? token.token : token;
}

function standardApis({ stdApis }: HttpTradingOptions, faults: string[]): readonly unknown[] {
  if (stdApis === undefined) return STD_APIS;
  if (typeof stdApis !== "function") {
    faults.push("stdApis must be a function that gets the standard APIs");
    return [];
  }
  // Copies: what is changed in place must not reach another gateway.
  const given: unknown = stdApis(STD_APIS.map((api) => ({ ...api })));
  if (Array.isArray(given)) return given;
  faults.push("stdApis must give back a list of APIs");
  return [];
}

function ownApis({ extendApis = [] }: HttpTradingOptions, faults: string[]): readonly unknown[] {
  if (Array.isArray(extendApis)) return extendApis;
  faults.push("extendApis must be a list of APIs");
  return [];
}

const JOURNAL_METHODS = [
  "open",
  "append",
  "intent",
  "unsettled",
  "intentsSince",
  "order",
  "openOrders",
  "events",
  "guards",
  "prune",
] as const satisfies readonly (keyof Journal)[];

/** The methods that something lacks to be a journal. */
function lackedBy(value: unknown): string[] {
  const given = Object(value) as Partial<Record<keyof Journal, unknown>>;
  return JOURNAL_METHODS.filter((name) => typeof given[name] !== "function");
}
