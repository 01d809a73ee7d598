/** Arguments that cannot be followed: the usage is shown beside what is wrong with them. */
export class UsageError extends Error {}

/** What an operator gives as the reason. @throws UsageError where there is none. */
export function demandReason(given: string | undefined): string {
  const reason = given?.trim() ?? "";
  if (reason === "") throw new UsageError("say with --reason how you know");
  return reason;
}

/** @throws UsageError for words that are left over. */
export function demandEnd(rest: readonly string[]): void {
  if (rest.length > 0) throw new UsageError(`"${rest.join(" ")}" is too much; put the reason in quotes`);
}
