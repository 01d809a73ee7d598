import type { Api } from "./api.ts";
import type { Server } from "./server.ts";

/** Where every API stands. */
export const API_ROOT = "/httptrading/api";

/** Answers a request for one API of whichever instance. */
export type ApiRoute = (request: Request, instanceId: string, server: Server) => Response | Promise<Response>;

/** The APIs by their paths, for requests that name one to the letter: those need no router, and nearly all are such. */
export interface ApiRoutes {
  add(api: Api, route: ApiRoute): void;
  /** `undefined` for what the router has to look at: other paths, other methods, a HEAD, anything with a `%` in it. */
  answer(request: Request, server: Server): Response | Promise<Response> | undefined;
}

export function createApiRoutes(): ApiRoutes {
  const byPath = new Map<string, Map<string, ApiRoute>>();
  return {
    add({ method, path }, route) {
      byPath.set(path, (byPath.get(path) ?? new Map<string, ApiRoute>()).set(method, route));
    },
    answer(request, server) {
      const { url } = request;
      const start = url.indexOf("/", url.indexOf("://") + 3);
      if (!url.startsWith(PREFIX, start) || url.includes("%", start)) return undefined;
      const path = url.indexOf("/", start + PREFIX.length) + 1;
      const query = url.indexOf("?", path);
      const route = byPath.get(url.slice(path, query === -1 ? url.length : query))?.get(request.method);
      return route?.(request, url.slice(start + PREFIX.length, path - 1), server);
    },
  };
}

const PREFIX = `${API_ROOT}/`;
