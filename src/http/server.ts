import type { HonoBase } from "hono/hono-base";
import type { LastingServer } from "../desk/types.ts";

/** What the gateway may leave to the server that it stands behind. */
export interface Server {
  /** Whether it hands over no more of a body than the `content-length` declares; a request made by hand may claim anything. */
  readonly holdsLength: boolean;
  /** Makes an answer, in the way that costs this server least. */
  respond(body: string, init: AnswerInit): Response;
  /** What outlives the requests. Absent where all that one began ends with its answer. */
  readonly lasting?: LastingServer;
}

/** What an answer has besides its text. */
export interface AnswerInit {
  readonly status: number;
  /** Names in lower case. Frozen where more than one answer has them. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The routes, which know the server that each request came through. */
export type Routes = HonoBase<{ Bindings: Server }>;

/** Whoever calls `fetch`: nothing is known of it. */
export const ANY_CALLER: Server = {
  holdsLength: false,
  respond: (body, init) => new Response(body, init),
};
