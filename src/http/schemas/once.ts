/**
 * Schemas are made at their first use: most serve only the document or APIs that few clients ask, and to make all of them
 * took a third of the time in which this package's own modules start.
 */
import type * as z from "zod";

/** Gives what `make` makes at the first call, and the same ever after. */
export function once<Value extends object>(make: () => Value): () => Value {
  let made: Value | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** What a schema that is made by such a function lets through. */
export type Output<Make extends () => z.ZodType> = z.output<ReturnType<Make>>;
