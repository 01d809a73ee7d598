/** One-time passwords and the sessions of the long links. */
import { randomUUID } from "node:crypto";
import { SOCKET_CODE, SOCKET_STATUS, SocketRefusal } from "./refusal.ts";

/** The two long links. */
export type LinkKind = "quote" | "trade";

/** What an authentication or a resumption is answered with. */
export interface SessionAnswer {
  readonly session_id: string;
  /** Milliseconds since the epoch. */
  readonly expires: number;
  readonly limit: number;
  readonly online: number;
}

/** The passwords and sessions that are out. */
export interface SocketSessions {
  /** The `data` of `GET /v1/socket/token`. */
  oneTimePassword(): { readonly otp: string; readonly limit: number; readonly online: number };
  /** @throws {SocketRefusal} for a password that was never given out, was used or is too old, or a link too many. */
  open(kind: LinkKind, password: string): SessionAnswer;
  /**
   * Gives another session, which the next resumption is by.
   * @throws {SocketRefusal} for a session that is not known, of the other link, or too old; or a link too many.
   */
  resume(kind: LinkKind, sessionId: string): SessionAnswer;
  /** Forgets every session, so that none can be resumed. */
  forget(): void;
}

const PASSWORD_MS = 60_000;
const SESSION_MS = 86_400_000;

/** @param online how many links are authenticated now */
export function createSessions(limit: number, online: () => number, clock: () => number = Date.now): SocketSessions {
  const passwords = new Map<string, number>();
  const sessions = new Map<string, { readonly kind: LinkKind; readonly expires: number }>();
  const checkLimit = (): void => {
    if (online() >= limit) throw linksRefusal();
  };
  const begin = (kind: LinkKind): SessionAnswer => {
    const sessionId = randomUUID();
    const expires = clock() + SESSION_MS;
    sessions.set(sessionId, { kind, expires });
    return { session_id: sessionId, expires, limit, online: online() + 1 };
  };
  return {
    oneTimePassword() {
      const otp = randomUUID();
      passwords.set(otp, clock() + PASSWORD_MS);
      return { otp, limit, online: online() };
    },
    open(kind, password) {
      const validUntil = passwords.get(password);
      passwords.delete(password);
      if (validUntil === undefined || validUntil < clock()) throw unauthenticated("token invalid");
      checkLimit();
      return begin(kind);
    },
    resume(kind, sessionId) {
      const session = sessions.get(sessionId);
      if (session === undefined || session.kind !== kind || session.expires < clock()) {
        throw unauthenticated("session not found");
      }
      checkLimit();
      sessions.delete(sessionId);
      return begin(kind);
    },
    forget: () => sessions.clear(),
  };
}

/** What a link too many is answered with. */
export function linksRefusal(): SocketRefusal {
  return new SocketRefusal(SOCKET_STATUS.forbidden, SOCKET_CODE.forbidden, "connections limitation is hit");
}

function unauthenticated(message: string): SocketRefusal {
  return new SocketRefusal(SOCKET_STATUS.unauthenticated, SOCKET_CODE.unauthenticated, message);
}
