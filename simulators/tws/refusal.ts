import { ascii, type Message } from "./frames.ts";
import { RESPONSE } from "./messages.ts";

/** What TWS answers with an error message. */
export class Refusal extends Error {
  readonly code: number;
  constructor(code: number, text: string) {
    super(text);
    this.code = code;
  }
}

/** An id that says: no request and no order in particular. */
export const NO_ID = -1;

/** `error`, also the carrier of every notice. */
export function errorMessage(id: number, code: number, text: string): Message {
  return [RESPONSE.error, 2, id, code, ascii(text), ""];
}

/** A request that TWS's own checks turn down. */
export function invalid(cause: string): Refusal {
  return new Refusal(321, `Error validating request.-'bW' : cause - ${cause}`);
}

export const NOTICE = {
  linkLost: [1100, "Connectivity between IBKR and Trader Workstation has been lost."],
  linkRestoredDataLost: [
    1101,
    "Connectivity between IBKR and Trader Workstation has been restored - data lost. All data farms are connected: usfarm; ushmds; secdefil.",
  ],
  linkRestored: [
    1102,
    "Connectivity between IBKR and Trader Workstation has been restored - data maintained. All data farms are connected: usfarm; ushmds; secdefil.",
  ],
  marketDataFarm: [2104, "Market data farm connection is OK:usfarm"],
  historyFarm: [2106, "HMDS data farm connection is OK:ushmds"],
  definitionFarm: [2158, "Sec-def data farm connection is OK:secdefil"],
  linkBroken: [
    2110,
    "Connectivity between Trader Workstation and server is broken. It will be restored automatically.",
  ],
} as const satisfies Record<string, readonly [number, string]>;
