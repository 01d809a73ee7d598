/** A moment in the form of the wire, `2025-05-28T05:20:07.062000+00:00`: microseconds, and `+00:00` instead of `Z`. */
export function wireTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, -1)}000+00:00`;
}
