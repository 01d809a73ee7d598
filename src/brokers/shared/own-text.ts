/**
 * The text in memory of its own. What is cut out of a long text is only a view of it to the engines, which holds on to all
 * of it: an order that is remembered would keep the whole answer that it came in.
 */
export function ownText(text: string): string {
  return ` ${text}`.slice(1);
}
