/**
 * Faults that only this simulator has.
 *
 * | kind | what happens to the request |
 * |---|---|
 * | `tamper` | carried out, and the answer's signature does not belong to it |
 * | `clock` | refused as one whose timestamp is off |
 * | `http-500` | not carried out, answered with HTTP 500 and a page of HTML |
 * | `expired-token` | refused as one with the token of a licence that has ended |
 * | `refuse-within` | refused like `refuse`, within the `data` of an answer that says success, as the vendor's own client expects |
 * | `late-429`, `late-502`, `late-503`, `late-504` | carried out, and answered with that status and a page of HTML |
 * | `html` | carried out, and answered with HTTP 200 and a page of HTML |
 *
 * `kick-out` happens at once: every push connection is told that another one has taken its place, and is closed.
 */
export type LateStatus = "late-429" | "late-502" | "late-503" | "late-504";

export type OwnFault =
  | "tamper"
  | "clock"
  | "expired-token"
  | "refuse-within"
  | "http-500"
  | LateStatus
  | "html"
  | "kick-out";
