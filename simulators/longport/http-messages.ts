/** Requests and answers of the HTTP service, as its calls see them. */
import type { IncomingHttpHeaders } from "node:http";

/** The `data` of an answer. */
export type Answer = Readonly<Record<string, unknown>>;

/** A request as it came in. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query as they stand in the request line. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

/** A request as a call reads it. */
export interface Query {
  readonly query: {
    /** Every parameter, the last of a repeated one. */
    single(): Readonly<Record<string, string>>;
    /** The same, with one parameter as the list of all its values. */
    repeated(name: string): Readonly<Record<string, string | readonly string[]>>;
  };
  /** @throws {Refusal} when the body is not JSON. */
  body(): unknown;
}

/** An answer before it is written. */
export interface HttpReply {
  readonly status: number;
  readonly code: number;
  readonly message: string;
  readonly data: Answer | null;
}
