/** The kinds of faults that only this service has. */
import type { FaultStage, OwnFaultKinds } from "../shared/faults.ts";

const REQUESTS = ["connect", "read", "place", "replace", "cancel"] as const satisfies readonly FaultStage[];

/**
 * | kind | over HTTP | on a long link |
 * |---|---|---|
 * | `plain-429` | 429 with a line of text, nothing accepted; the vendor's client posts again | the answer of a limit |
 * | `html-502` | 502 with a page of HTML, nothing accepted | the answer of a server error |
 * | `late-502` | accepted, then answered so | the same, carried out |
 * | `late-429`, `late-503`, `late-504` | the same, with that status and a page of HTML | the same |
 * | `missing-data` | accepted, then answered without `data` | accepted, then answered with an empty body |
 * | `expired-token` | 401 with the vendor's code, nothing accepted | – |
 * | `connection-limit` | a password for a long link comes with as many links online as there may be | the link is refused |
 * | `change-session` | the order is accepted for regular hours only, and nobody is told | – |
 * | `no-ping` | – | at once: the links that are open get no ping frame any more |
 * | `forget-sessions` | – | at once: no link can be resumed any more |
 */
export type LongportFault =
  | "plain-429"
  | "html-502"
  | "late-502"
  | "late-429"
  | "late-503"
  | "late-504"
  | "missing-data"
  | "expired-token"
  | "connection-limit"
  | "change-session"
  | "no-ping"
  | "forget-sessions";

/** What the kinds that happen at once do. */
export interface AtOnce {
  readonly stopPings: () => void;
  readonly forgetSessions: () => void;
}

export function ownFaults({ stopPings, forgetSessions }: AtOnce): OwnFaultKinds<LongportFault> {
  return {
    "plain-429": { stages: REQUESTS },
    "html-502": { stages: REQUESTS },
    "late-502": { stages: REQUESTS },
    "late-429": { stages: REQUESTS },
    "late-503": { stages: REQUESTS },
    "late-504": { stages: REQUESTS },
    "missing-data": { stages: REQUESTS },
    "expired-token": { stages: REQUESTS },
    "connection-limit": { stages: ["connect"] },
    "change-session": { stages: ["place"] },
    "no-ping": { atOnce: stopPings },
    "forget-sessions": { atOnce: forgetSessions },
  };
}
