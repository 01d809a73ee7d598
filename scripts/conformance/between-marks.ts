const START = "<!-- conformance:start -->";
const END = "<!-- conformance:end -->";

/**
 * Puts `content` between the two marks of a Markdown text, in place of what is there.
 *
 * Throws when the text has not exactly one pair of marks.
 */
export function betweenMarks(text: string, content: string): string {
  const [before, rest, ...more] = text.split(START);
  const [, after, ...further] = rest?.split(END) ?? [];
  if (before === undefined || after === undefined || more.length > 0 || further.length > 0) {
    throw new Error(`needs one line ${START} and one line ${END} after it, to put the table between them`);
  }
  return `${before}${START}\n\n${content}\n\n${END}${after}`;
}
