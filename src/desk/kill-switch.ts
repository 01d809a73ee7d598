/** The kill switch of one instance, or that of a whole gateway: how it stands, and how it is turned. */
import type { GuardLine, Journal } from "../journal/journal.ts";
import { TRADING_STATES, type TradingState } from "../spec/policy.ts";
import { TIME_IS_UP } from "./deadline.ts";
import { createEventLog, type EventLog } from "./event-log.ts";
import { demandText, refuse } from "./guards.ts";
import { type InstanceJournal, instanceJournal, journalTooSlow } from "./instance-journal.ts";

/** The instance under which a journal keeps the switch of a whole gateway: no digest of an instance reads so. */
const WHOLE_GATEWAY = "all";

/** How a switch stands, and since when. */
export interface SwitchPosition {
  readonly state: TradingState;
  /** Who turned it, why and when; `null` while nobody has. Milliseconds since the epoch. */
  readonly principal: string | null;
  readonly reason: string | null;
  readonly at: number | null;
}

/** A turn: to which state, by whom and why. */
export interface Turning {
  readonly state: TradingState;
  readonly principal: string;
  readonly reason: string;
}

export interface KillSwitch {
  /** How it stands now. `ACTIVE` until the journal was asked. */
  readonly position: SwitchPosition;
  /** False until the journal was asked. */
  readonly isRecovered: boolean;
  /** Resolves once it stands as the journal remembers; rejects while the journal cannot be read. */
  recover(): Promise<void>;
  /**
   * Turns it. To a stricter state at once, whether that can be written down or not; to a milder one only when it is
   * written, else it rejects and stays as it is. Resolves with whether the turn is written down by now.
   */
  turn(turning: Turning): Promise<boolean>;
  /** Calls back with every turn. */
  onTurn(listener: (line: GuardLine) => void): void;
}

/** The switch of a gateway, which has an event log of its own. */
export interface GatewaySwitch extends KillSwitch {
  /** Writes what still waits, if that can be. */
  close(): Promise<void>;
}

/** What a switch stands on. */
export interface KillSwitchOptions {
  readonly journal: InstanceJournal;
  readonly events: EventLog;
  /** True for that of a whole gateway. */
  readonly all: boolean;
}

const STRICTNESS: Readonly<Record<TradingState, number>> = { ACTIVE: 0, REDUCING: 1, HALTED: 2 };

/** The stricter of two states. */
export function stricter(a: TradingState, b: TradingState): TradingState {
  return STRICTNESS[a] >= STRICTNESS[b] ? a : b;
}

const NEVER_TURNED: SwitchPosition = { state: "ACTIVE", principal: null, reason: null, at: null };

/** The switch of all instances that write this journal. */
export function createGatewaySwitch(journal: Journal): GatewaySwitch {
  const bound = instanceJournal(journal, WHOLE_GATEWAY);
  const events = createEventLog(bound, WHOLE_GATEWAY);
  return Object.assign(createKillSwitch({ journal: bound, events, all: true }), {
    async close() {
      await bound.inTime(events.settled());
      events.close();
    },
  });
}

export function createKillSwitch({ journal, events, all }: KillSwitchOptions): KillSwitch {
  const listeners: ((line: GuardLine) => void)[] = [];
  let position = NEVER_TURNED;
  let recovered = false;
  /** Counts turns: one that waits for the journal must not undo a later one. */
  let turns = 0;

  function apply(line: GuardLine): void {
    const { state, principal, reason } = line;
    position = { state, principal, reason, at: Date.now() };
    recovered = true;
    for (const listener of listeners) listener(line);
  }

  /** What to write down of how it stands. */
  function lineOf({ state, principal, reason }: SwitchPosition): GuardLine {
    return { kind: "guard", state, all, principal: principal ?? "", reason: reason ?? "" };
  }

  async function recover(): Promise<void> {
    if (recovered) return;
    const last = (await journal.guards()).findLast((guard) => guard.all === all);
    // Somebody may have turned it meanwhile.
    if (recovered) return;
    if (last !== undefined) {
      const { state, principal, reason, at } = last;
      position = { state, principal, reason, at };
    }
    recovered = true;
  }

  return {
    get position() {
      return position;
    },
    get isRecovered() {
      return recovered;
    },
    recover,
    async turn({ state, principal, reason }) {
      if (!TRADING_STATES.includes(state)) {
        refuse([{ path: "state", message: `must be one of ${TRADING_STATES.join(", ")}`, value: state }]);
      }
      demandText("principal", principal);
      demandText("reason", reason);
      const line: GuardLine = { kind: "guard", state, all, principal, reason };
      turns += 1;
      const mine = turns;
      // The strictest state needs no comparison, and so no journal.
      if (state !== "HALTED") await recover();
      if (STRICTNESS[state] < STRICTNESS[position.state]) {
        // While it waited a later turn was to a stricter state, which the next process has to find.
        if (mine !== turns) return false;
        const writing = events.write(line);
        if ((await journal.inTime(writing)) === TIME_IS_UP) {
          // It is refused now: what is written of it later must not be what the next process finds.
          const stands = lineOf(position);
          writing.then(() => mine === turns && events.record(stands)).catch(() => undefined);
          throw journalTooSlow();
        }
        if (mine === turns) apply(line);
        return true;
      }
      apply(line);
      const writing = events.write(line).then(
        () => true,
        () => {
          // Written as soon as that can be; until then the switch stands in memory.
          events.record(line);
          return false;
        },
      );
      // Of a journal that does not answer it is not known that it was written; what it says later still counts.
      return (await journal.inTime(writing)) === true;
    },
    onTurn: (listener) => void listeners.push(listener),
  };
}
