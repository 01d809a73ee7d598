import type * as z from "zod";
import type { ANSWERS } from "./answers/index.ts";

/** What the standard API of this name answers: loaded when the document asks, so that no other process or worker carries it. */
export function answerOf(name: keyof typeof ANSWERS): () => Promise<z.ZodObject> {
  return async () => (await import("./answers/index.ts")).ANSWERS[name]();
}
