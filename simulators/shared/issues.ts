import * as v from "valibot";

/** What a schema found wrong, in one line: `path: message; path: message`. `root` stands for the whole input. */
export function issuesText(issues: readonly v.BaseIssue<unknown>[], root: string): string {
  return issues.map((issue) => `${v.getDotPath(issue) ?? root}: ${issue.message}`).join("; ");
}
