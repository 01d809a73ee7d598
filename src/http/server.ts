import type { Hono } from "hono";

/** What the gateway may leave to the server that it stands behind. */
export interface Server {
  /** Whether it hands over no more of a body than the `content-length` declares; a request made by hand may claim anything. */
  readonly holdsLength: boolean;
  /** Makes the answers: the global `Response`, or a class of the server's own that it writes with less work. */
  readonly Response: new (
    body: string,
    init: ResponseInit,
  ) => Response;
}

/** The routes, which know the server that each request came through. */
export type Routes = Hono<{ Bindings: Server }>;

/** Whoever calls `fetch`: nothing is known of it. */
export const ANY_CALLER: Server = { holdsLength: false, Response };
