/** The last that is done to every answer for a known caller. */
import { COMMON_HEADERS } from "./envelope.ts";
import { REQUEST_ID_HEADER } from "./request-id.ts";

/** Adds the request's id if it has one, and to an answer that an API made by itself the headers that every answer has. */
export function finish(response: Response, requestId: string | undefined): Response {
  try {
    stamp(response.headers, requestId);
    return response;
  } catch {
    // Answers of `fetch` and redirects cannot be changed.
    const { body, status, statusText } = response;
    const headers = new Headers(response.headers);
    stamp(headers, requestId);
    return new Response(body, { status, statusText, headers });
  }
}

function stamp(headers: Headers, requestId: string | undefined): void {
  if (requestId !== undefined) headers.set(REQUEST_ID_HEADER, requestId);
  // Also what is there is set: where that cannot be done, nobody could add anything after this either.
  for (const [name, value] of Object.entries(COMMON_HEADERS)) headers.set(name, headers.get(name) ?? value);
}
