import { shown } from "../domain/shown.ts";

/**
 * Refuses what are no options of a journal that has one alone: else a misspelt one would be dropped without a word.
 *
 * @param example A value that the option may have.
 * @throws TypeError
 */
export function demandOptions(journal: string, options: object, option: string, example: string): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`the options of ${journal} must be an object, such as { ${option}: ${example} }`);
  }
  const stranger = Object.keys(options).find((name) => name !== option);
  if (stranger !== undefined) throw new TypeError(`"${stranger}" is not an option of ${journal}; there is ${option}`);
}

/** Throws `RangeError` for what is no size. */
export function demandBytes(maxBytes: number): void {
  if (Number.isSafeInteger(maxBytes) && maxBytes > 0) return;
  throw new RangeError(`maxBytes is a whole number of bytes above 0, not ${shown(maxBytes)}`);
}
