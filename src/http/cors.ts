/** What pages of other origins may do: nothing, unless the operator has named them. */
import { shown } from "../domain/shown.ts";
import { EXPOSED_HEADERS, REQUEST_HEADERS } from "./headers.ts";
import type { Server } from "./server.ts";

/** Which web pages may use this gateway from a browser. */
export interface CorsOptions {
  /** The exact origins, such as `https://desk.example.org`: scheme, host and port, without a path. */
  readonly origins?: readonly string[];
  /**
   * Lets every page of the web use it that has a token, in place of `origins`. A token that is typed into a page is then
   * that page's. Default false.
   */
  readonly anyOrigin?: boolean;
  /** Seconds for which a browser remembers the answer to its question. Default 600. */
  readonly maxAgeSeconds?: number;
}

type Handle = (request: Request, server: Server) => Response | Promise<Response>;

/** Answers browsers' questions in front of everything else, so that they learn nothing of what is there. */
export function withCors(handle: Handle, options: CorsOptions, tokenHeader: string): Handle {
  const { origins = [], anyOrigin = false, maxAgeSeconds = 600 } = options;
  const allowed: ReadonlySet<string> = new Set(origins);
  const preflightHeaders = {
    "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE",
    "access-control-allow-headers": [tokenHeader.toLowerCase(), ...REQUEST_HEADERS].join(", "),
    "access-control-max-age": String(maxAgeSeconds),
  };

  function allow(response: Response, origin: string | null): Response {
    response.headers.append("vary", "Origin");
    if (origin === null || !(anyOrigin || allowed.has(origin))) return response;
    response.headers.set("access-control-allow-origin", anyOrigin ? "*" : origin);
    response.headers.set("access-control-expose-headers", EXPOSED_HEADERS);
    return response;
  }

  return (request, server) => {
    const origin = request.headers.get("origin");
    const isPreflight = request.method === "OPTIONS" && request.headers.has("access-control-request-method");
    if (isPreflight && origin !== null && (anyOrigin || allowed.has(origin))) {
      return allow(new Response(null, { status: 204, headers: preflightHeaders }), origin);
    }
    const answer = handle(request, server);
    return answer instanceof Promise ? answer.then((response) => allow(response, origin)) : allow(answer, origin);
  };
}

/** What is wrong with the option, in words. */
export function corsFaults(cors: unknown): string[] {
  if (typeof cors !== "object" || cors === null) {
    return ['cors must be an object, such as { origins: ["https://desk.example.org"] }'];
  }
  const { origins, anyOrigin, maxAgeSeconds, ...unknown } = cors as Record<string, unknown>;
  const faults = Object.keys(unknown).map(
    (key) => `cors.${key} is not an option; there are origins, anyOrigin, maxAgeSeconds`,
  );
  if (anyOrigin !== undefined && typeof anyOrigin !== "boolean") faults.push("cors.anyOrigin must be true or false");
  if (anyOrigin === true && origins !== undefined) faults.push("cors takes either origins or anyOrigin, not both");
  if (anyOrigin !== true && !(Array.isArray(origins) && origins.length > 0)) {
    faults.push('cors.origins must be a list of origins, such as ["https://desk.example.org"]');
  } else if (Array.isArray(origins)) {
    faults.push(...origins.flatMap((origin: unknown, index) => originFaults(origin, `cors.origins[${index}]`)));
  }
  if (maxAgeSeconds !== undefined && !(Number.isInteger(maxAgeSeconds) && Number(maxAgeSeconds) >= 0)) {
    faults.push("cors.maxAgeSeconds must be a whole number, 0 or more");
  }
  return faults;
}

function originFaults(origin: unknown, place: string): string[] {
  if (origin === "*") {
    return [`${place} would let every page of the web use a token; if that is what you want, say anyOrigin: true`];
  }
  const exact =
    typeof origin === "string" && /^https?:\/\/[^/*]+$/.test(origin) ? URL.parse(origin)?.origin : undefined;
  if (exact === origin && exact !== undefined) return [];
  return [`${place} must be an exact origin such as https://desk.example.org, not ${shown(origin)}`];
}
