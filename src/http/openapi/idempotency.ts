/** How the document tells of the key under which a write is done once. */
import type { Api } from "../api.ts";
import type { Header, Parameter } from "./types.ts";

/** Whether an API heeds the key: then it can fail for it. */
export function takesKey({ schema }: Api): boolean {
  return schema?.failures?.includes("IdempotencyConflict") === true;
}

export const IDEMPOTENCY_KEY: Parameter = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description:
    "Your own word for this one write. However often the request is sent under one key, it is done once, and a repetition gets the first answer. What ended as `not_sent` frees its key.",
  schema: { type: "string", pattern: "^[\\x20-\\x7e]{1,255}$" },
};

export const IDEMPOTENT_REPLAYED: Header = {
  description: "`true` where this is the answer to an earlier request under the same key; else absent.",
  schema: { type: "string", const: "true" },
};
