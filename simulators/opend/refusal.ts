import { WS_ERRORS } from "./ws-frames.ts";

/** Thrown by whatever OpenD refuses; becomes an answer with `retType` and this text. */
export class Refusal extends Error {
  /** `Common.RetType`. */
  readonly retType: number;
  /** Error of the WebSocket header; other than 0 only where the vendor reports the failure there. */
  readonly wsError: number;

  constructor(text: string, options: { readonly retType?: number; readonly wsError?: number } = {}) {
    super(text);
    this.name = "Refusal";
    this.retType = options.retType ?? -1;
    this.wsError = options.wsError ?? WS_ERRORS.none;
  }
}
