import * as z from "zod";
import { once } from "../schemas/once.ts";

/** A moment on the wire: always `+00:00`, never `Z`. */
export const time = once(() =>
  z.string().meta({
    description: "A moment in UTC, with microseconds and `+00:00`.",
    examples: ["2025-05-28T05:20:07.062298+00:00"],
  }),
);
