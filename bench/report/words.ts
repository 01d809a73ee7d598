/** Figures in words. */
import type { Against, Metric, Row, Spread } from "../figures.ts";

/** A figure of a fitting number of digits: `76,669`, `81.6`, `0.913`. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const digits = size >= 1000 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

const AGAINST: Readonly<Record<Against, (text: string) => string>> = {
  share: (text) => text,
  inverse: (text) => text,
  times: (text) => `${text}×`,
  added: (text) => `+${text}`,
};

/** What a ratio is, in the form of its kind: `0.91`, `1.8×`, `+25.1`. */
export function ratio(against: Against, value: number): string {
  const text = against === "added" ? number(value) : value.toFixed(2);
  return AGAINST[against](text).replace("+-", "−");
}

/** `0.89 to 0.93` for a spread. */
export function spread({ min, max }: Spread, say: (value: number) => string = number): string {
  return `${say(min)} to ${say(max)}`;
}

/** A row's ratio of one metric: the median, its spread, what it should be, and whether it is a difference at all. */
export function verdict({ key, against }: Metric, row: Row): string {
  const found = row.ratios[key];
  if (found === undefined) return "1";
  const say = (value: number) => ratio(against, value);
  const none = row.none.includes(key) ? ", none" : "";
  const target = row.targets.find(({ metric }) => metric === key);
  const aim = target === undefined ? "" : `; target ${say(target.value)} ${target.reached ? "reached" : "missed"}`;
  return `${say(found.median)} (${spread(found, say)}${none}${aim})`;
}
