let last = { at: Number.NaN, text: "" };

/** A moment in the form of the wire, `2025-05-28T05:20:07.062000+00:00`: microseconds, and `+00:00` instead of `Z`. */
export function wireTime(milliseconds: number): string {
  // Many answers are given in the same millisecond.
  if (milliseconds !== last.at) {
    last = { at: milliseconds, text: `${new Date(milliseconds).toISOString().slice(0, -1)}000+00:00` };
  }
  return last.text;
}
