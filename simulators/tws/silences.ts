/** Messages that TWS is made not to send, for tests of what a client does when something never comes. */
import type { Message } from "./frames.ts";

/** The reply to the range of versions has no id of its own. */
export const VERSION_REPLY = "version";

/** What falls silent: messages of that id, or the whole connection from the moment at which one was due. */
export type SilenceScope = "message" | "connection";

export interface Silences {
  /** Holds back every message of this id from now on; gives the function that ends it. */
  add(messageId: number | typeof VERSION_REPLY, scope: SilenceScope): () => void;
  /** What a message that is about to be sent falls under. */
  of(message: Message): SilenceScope | undefined;
}

/** The version reply begins with the version, which is above every message id. */
const FIRST_VERSION = 150;

export function createSilences(): Silences {
  const silenced = new Map<number | typeof VERSION_REPLY, SilenceScope>();
  return {
    add(messageId, scope) {
      silenced.set(messageId, scope);
      return () => silenced.delete(messageId);
    },
    of([id]) {
      const number = Number(id);
      return silenced.get(number >= FIRST_VERSION ? VERSION_REPLY : number);
    },
  };
}
