/**
 * Puts `content` between the two marks of a Markdown text, in place of what is there.
 *
 * Throws when the text has not exactly one pair of marks.
 *
 * @param name Of the marks: `<!-- name:start -->` and `<!-- name:end -->`. Default `conformance`.
 */
export function betweenMarks(text: string, content: string, name = "conformance"): string {
  const start = `<!-- ${name}:start -->`;
  const end = `<!-- ${name}:end -->`;
  const [before, rest, ...more] = text.split(start);
  const [, after, ...further] = rest?.split(end) ?? [];
  if (before === undefined || after === undefined || more.length > 0 || further.length > 0) {
    throw new Error(`needs one line ${start} and one line ${end} after it, to put the table between them`);
  }
  return `${before}${start}\n\n${content}\n\n${end}${after}`;
}
