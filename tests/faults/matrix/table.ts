/** What is expected of every cell, as data. Compiles only if no fault, no operation and no outcome is forgotten or made up. */
import {
  BROKERS,
  type BrokerName,
  type Cell,
  FAULTS,
  type FaultName,
  OPERATIONS,
  type Operation,
  type Outcome,
  type Outcomes,
} from "./terms.ts";

/** What may come of it. More than one where it depends on which of two things is noticed first. */
interface Permitted<O> {
  readonly may: readonly O[];
}

/** That it cannot happen, and why not. */
interface Impossible {
  readonly never: string;
}

/** What may come of it at one broker, and why that is not as everywhere. */
type Exception<O> = Impossible | (Permitted<O> & { readonly why: string });

type Entry<O> = Impossible | (Permitted<O> & { readonly except?: Readonly<Partial<Record<BrokerName, Exception<O>>>> });

type Row = { readonly [O in Operation]: Entry<Outcomes[O]> } & {
  /** What is done, in one sentence. */
  readonly what: string;
  /** Brokers where the fault cannot happen at all, and why not. */
  readonly nowhere?: Readonly<Partial<Record<BrokerName, string>>>;
};

const NO_WIRE = { paper: "the account is in the gateway's own process: there is no connection" } as const;
const NO_ANSWER = { never: "a push has no answer" } as const;
const TOLD = { may: ["told"] } as const;
const VALUE = { may: ["value"] } as const;
const ACCEPTED = { may: ["accepted"] } as const;
const LOST = { may: ["unknown, then not sent"] } as const;
const FOUND = { may: ["unknown, then accepted"] } as const;
/** A read is repeated once after a reconnect, where that is soon enough. */
const REPEATED = { may: ["value", "NotConnected", "Timeout"] } as const;
const TIMEOUT = { may: ["Timeout"] } as const;
const LIMITED = { may: ["RateLimited, not sent"] } as const;
const REJECTED = { may: ["OrderRejected, rejected"] } as const;

const OWN_CANCEL = { never: "TWS tells a client of its own cancel in the answer, and pushes nothing" } as const;

/** A write while the vendor's own link is down. */
const NO_LOGIN = { may: ["NotConnected, not sent", "NotReconciled, not sent"] } as const;
const SERVICE_DOWN = {
  may: ["NotReconciled, not sent", "BrokerFault, not sent", "unknown, then not sent"],
  why: "there is no local gateway: the service is down behind its front, and its 500 says nothing of the order",
} as const;
const READ_DOWN = { may: ["BrokerFault", "NotConnected"], why: SERVICE_DOWN.why } as const;

const SIGNED = {
  may: ["AuthenticationFailed"],
  why: "requests are signed with the time, which is wrong then",
} as const;
const STEPPED = {
  may: ["unknown, then accepted"],
  except: {
    paper: { may: ["accepted"], why: "nothing is ever on its way" },
  },
} as const;
const KILLED = {
  may: ["no answer, then accepted", "unknown, then accepted"],
  except: {
    paper: {
      may: ["accepted", "no answer, then accepted", "no answer, then not sent"],
      why: "the account dies with the gateway, at any moment",
    },
  },
} as const;

export const TABLE: Readonly<Record<FaultName, Row>> = {
  drop: {
    what: "The connection is closed when the request comes in, which is not carried out, or instead of the push.",
    nowhere: NO_WIRE,
    read: REPEATED,
    place: LOST,
    replace: LOST,
    cancel: LOST,
    push: TOLD,
  },
  "half-open": {
    what: "The connection stays, and nothing is ever answered or pushed on it again.",
    nowhere: NO_WIRE,
    read: TIMEOUT,
    place: LOST,
    replace: LOST,
    cancel: LOST,
    push: TOLD,
  },
  stall: {
    what: "This request is never answered, and not carried out; this push is never sent. All else goes on.",
    nowhere: NO_WIRE,
    read: TIMEOUT,
    place: LOST,
    replace: LOST,
    cancel: LOST,
    push: TOLD,
  },
  delay: {
    what: "The request is taken up, the push sent, when the gateway's deadline is over.",
    nowhere: NO_WIRE,
    read: TIMEOUT,
    place: FOUND,
    replace: FOUND,
    cancel: FOUND,
    push: TOLD,
  },
  refuse: {
    what: "The vendor answers that it failed.",
    nowhere: NO_WIRE,
    read: { may: ["BrokerFault"] },
    place: REJECTED,
    replace: REJECTED,
    cancel: REJECTED,
    push: NO_ANSWER,
  },
  "rate-limit": {
    what: "The vendor answers that there were too many requests.",
    nowhere: NO_WIRE,
    read: { may: ["RateLimited"] },
    place: LIMITED,
    replace: LIMITED,
    cancel: LIMITED,
    push: NO_ANSWER,
  },
  "lose-answer": {
    what: "The request is carried out, then the connection is closed instead of the answer.",
    nowhere: NO_WIRE,
    read: REPEATED,
    place: FOUND,
    replace: FOUND,
    cancel: FOUND,
    push: NO_ANSWER,
  },
  "duplicate-push": {
    what: "The push that the operation brings about comes twice; for a read, that of a fill just before it.",
    nowhere: { paper: "pushes are calls within the gateway's own process" },
    read: VALUE,
    place: ACCEPTED,
    replace: ACCEPTED,
    cancel: { ...ACCEPTED, except: { "interactive-brokers": OWN_CANCEL } },
    push: TOLD,
  },
  "late-push": {
    what: "That push comes after the one of a fill that happened later.",
    nowhere: { paper: "pushes are calls within the gateway's own process" },
    read: VALUE,
    place: ACCEPTED,
    replace: ACCEPTED,
    cancel: { ...ACCEPTED, except: { "interactive-brokers": OWN_CANCEL } },
    push: TOLD,
  },
  restart: {
    what: "The vendor's gateway goes away when the request comes in, until a ping was false, and begins its numbers or sessions anew where it has such.",
    read: {
      may: ["NotConnected", "Timeout"],
      except: {
        paper: { may: ["value"], why: "the gateway itself is started again, with an account that was not kept" },
      },
    },
    place: {
      ...LOST,
      except: { paper: { may: ["accepted"], why: "the order gets the number of one that was forgotten" } },
    },
    replace: {
      ...LOST,
      except: { paper: { may: ["OrderNotFound, not sent"], why: "the order was forgotten with the account" } },
    },
    cancel: {
      ...LOST,
      except: { paper: { may: ["OrderNotFound, rejected"], why: "the order was forgotten with the account" } },
    },
    push: TOLD,
  },
  "broker-login": {
    what: "The vendor's gateway answers, but has lost its own link to the vendor's servers.",
    nowhere: { paper: "there is no login" },
    read: {
      may: ["NotConnected"],
      except: {
        "interactive-brokers": { may: ["Timeout", "NotConnected"], why: "TWS leaves reads without an answer then" },
        "longport web": READ_DOWN,
        "longport native": READ_DOWN,
        tiger: READ_DOWN,
      },
    },
    place: {
      ...NO_LOGIN,
      except: { "longport web": SERVICE_DOWN, "longport native": SERVICE_DOWN, tiger: SERVICE_DOWN },
    },
    replace: {
      ...NO_LOGIN,
      except: { "longport web": SERVICE_DOWN, "longport native": SERVICE_DOWN, tiger: SERVICE_DOWN },
    },
    cancel: {
      ...NO_LOGIN,
      except: { "longport web": SERVICE_DOWN, "longport native": SERVICE_DOWN, tiger: SERVICE_DOWN },
    },
    push: TOLD,
  },
  "full-disk": {
    what: "Nothing more can be written into the journal.",
    read: VALUE,
    place: { may: ["JournalUnavailable, not sent"] },
    replace: { may: ["JournalUnavailable, not sent"] },
    cancel: ACCEPTED,
    push: TOLD,
  },
  "clock-step": {
    what: "The gateway's clock is put 80 minutes ahead, while a write is on its way whose outcome is unknown, and back again.",
    read: { ...VALUE, except: { "longport web": SIGNED, tiger: SIGNED } },
    place: STEPPED,
    replace: STEPPED,
    cancel: STEPPED,
    push: TOLD,
  },
  sigkill: {
    what: "The gateway is killed in the moment in which the exchange carries the operation out, and started again.",
    read: {
      may: ["no answer, then value"],
      except: { paper: { may: ["value", "no answer, then value"], why: "it may be answered before" } },
    },
    place: KILLED,
    replace: KILLED,
    cancel: KILLED,
    push: { ...TOLD, except: { paper: { never: "nothing fills in an account whose process is dead" } } },
  },
};

export type Expectation = Impossible | (Permitted<Outcome> & { readonly why?: string });

/** What is expected of a cell. */
export function expectationOf({ broker, fault, operation }: Cell): Expectation {
  const row = TABLE[fault];
  const nowhere = row.nowhere?.[broker];
  if (nowhere !== undefined) return { never: nowhere };
  const entry: Entry<Outcome> = row[operation];
  if ("never" in entry) return entry;
  return entry.except?.[broker] ?? { may: entry.may };
}

/** Every cell, whether it can happen or not. */
export const ALL_CELLS: readonly Cell[] = FAULTS.flatMap((fault) =>
  OPERATIONS.flatMap((operation) => BROKERS.map((broker) => ({ broker, fault, operation }))),
);

/** Every cell that can happen. */
export const CELLS: readonly Cell[] = ALL_CELLS.filter((cell) => !("never" in expectationOf(cell)));

/**
 * Few cells that leave nothing out: each broker under each fault in one operation, and each operation under each fault at
 * one broker, as far as there are such. Operations take turns from one broker and one fault to the next.
 */
export const SHORT_RUN: readonly Cell[] = FAULTS.flatMap((fault, row) => {
  const chosen: Cell[] = [];
  for (const [column, broker] of BROKERS.entries()) {
    const possible = CELLS.filter((cell) => cell.fault === fault && cell.broker === broker);
    const [cell] = OPERATIONS.map((_, turn) => OPERATIONS[(row + column + turn) % OPERATIONS.length]).flatMap(
      (operation) => possible.filter((candidate) => candidate.operation === operation),
    );
    if (cell !== undefined) chosen.push(cell);
  }
  for (const operation of OPERATIONS) {
    if (chosen.some((cell) => cell.operation === operation)) continue;
    const cell = CELLS.find((candidate) => candidate.fault === fault && candidate.operation === operation);
    if (cell !== undefined) chosen.push(cell);
  }
  return chosen;
});
