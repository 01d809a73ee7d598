/** What the gateway answers through. */

/** The way back of one HTTP request. */
export interface HttpWire {
  send(status: number, contentType: string, text: string): void;
  /** Closes the connection at once, without an answer. */
  destroy(): void;
  /** Never reads from the connection again. */
  freeze(): void;
}

/** The way back of one long link. */
export interface LinkWire {
  send(bytes: Buffer): void;
  ping(): void;
  /** Says farewell. */
  close(): void;
  /** Closes at once, without a farewell. */
  terminate(): void;
  /** Stops reading, so that not even the other end's farewell is noticed. */
  freeze(): void;
}
