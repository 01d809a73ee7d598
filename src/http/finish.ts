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
  const mark = headers.get(MARK);
  // Set to what it is: where that cannot be done, nobody could add anything after this either.
  if (mark !== null) headers.set(MARK, mark);
  else for (const [name, value] of Object.entries(COMMON_HEADERS)) if (!headers.has(name)) headers.set(name, value);
}

/** Every answer that is made here has it. */
const MARK = "x-content-type-options";
