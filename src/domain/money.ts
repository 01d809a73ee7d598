/**
 * Decimal arithmetic without float dust.
 *
 * Prices, quantities and amounts are plain numbers everywhere. A number with at most 15 significant digits goes through
 * text and back unchanged, so such a number *is* its decimal; what the wire takes in is held to that. Sums and products
 * are computed here in decimal, so that 0.1 + 0.2 is 0.3.
 */
import Big from "big.js";

/** Significant digits that survive the way from decimal text to a number and back. */
export const MAX_SIGNIFICANT_DIGITS = 15;

/**
 * Reads a plain decimal (`"200.10"`, no exponent, no sign but a leading minus).
 * `undefined` when the text is anything else, is not finite, or has more than {@link MAX_SIGNIFICANT_DIGITS} digits.
 */
export function parseDecimal(text: string): number | undefined {
  return text.length <= 40 && /^-?\d+(?:\.\d+)?$/.test(text) && isExactLiteral(text) ? Number(text) : undefined;
}

/** True for a finite number that is the decimal it prints as: at most {@link MAX_SIGNIFICANT_DIGITS} digits. */
export function isExactDecimal(value: number): boolean {
  return unitsOf(value) !== undefined || (Number.isFinite(value) && significantDigits(value) <= MAX_SIGNIFICANT_DIGITS);
}

/** From here on numbers are written with an exponent, and the product of a few may be beyond every number. */
const TOO_LARGE = 1e21;

/** True for what can be a price or a quantity: an exact decimal above 0 of which a value can be computed. */
export function isPositiveDecimal(value: number): boolean {
  return value > 0 && value < TOO_LARGE && isExactDecimal(value);
}

/** True for the text of a number that reading it as one does not change: `12.50`, not `12.00000000000000000001`. */
export function isExactLiteral(text: string): boolean {
  // So few digits that a number keeps them all.
  if (/^-?\d{1,8}(?:\.\d{1,7})?$/.test(text)) return true;
  const value = Number(text);
  return isExactDecimal(value) && new Big(text).eq(value);
}

/** a + b in decimal. */
export function add(a: number, b: number): number {
  return new Big(a).plus(b).toNumber();
}

/** a - b in decimal. */
export function subtract(a: number, b: number): number {
  return new Big(a).minus(b).toNumber();
}

/** a × b in decimal. */
export function multiply(a: number, b: number): number {
  return new Big(a).times(b).toNumber();
}

/** a ÷ b in decimal, rounded half up to `digits` places (default 8). 0 when `b` is 0: an average over nothing. */
export function divide(a: number, b: number, digits = 8): number {
  return b === 0 ? 0 : new Big(a).div(b).round(digits, Big.roundHalfUp).toNumber();
}

/** Rounds half up to so many places behind the point. */
export function roundTo(value: number, digits: number): number {
  return new Big(value).round(digits, Big.roundHalfUp).toNumber();
}

/**
 * A sum that amounts are taken from again. It is kept in decimal: a number has room for 17 digits, and what was cut off in
 * adding would be missing when it is taken away.
 */
export class Sum {
  #exact = new Big(0);

  add(amount: number): void {
    this.#exact = this.#exact.plus(amount);
  }

  subtract(amount: number): void {
    this.#exact = this.#exact.minus(amount);
  }

  get value(): number {
    return this.#exact.toNumber();
  }
}

/** True when `value` is a whole multiple of `step`, counted in decimal (0.3 is one of 0.1). */
export function isMultipleOf(value: number, step: number): boolean {
  // Among whole numbers the remainder is exact.
  if (Number.isSafeInteger(value) && Number.isSafeInteger(step)) return value % step === 0;
  const units = unitsOf(value);
  const stepUnits = unitsOf(step);
  if (units !== undefined && stepUnits !== undefined && stepUnits !== 0) return units % stepUnits === 0;
  return new Big(value).mod(step).eq(0);
}

/**
 * Takes the dust off a number that a vendor's own float arithmetic has touched: 201.49999999999997 becomes 201.5, and
 * 2.8421709430404007e-14, which is left of amounts that make up for each other, 0. Whole numbers have none, and of large
 * ones the cents are kept. `NaN` and infinities are given back as they are; a broker's
 * `convert.ts` turns those into an absence.
 */
export function withoutDust(value: number): number {
  if (!Number.isFinite(value) || Number.isSafeInteger(value)) return value;
  if (Math.abs(value) < 1e-9 && !isExactDecimal(value)) return 0;
  const downToCents = Math.floor(Math.log10(Math.abs(value))) + 3;
  const digits = Math.min(Math.max(MAX_SIGNIFICANT_DIGITS - 2, downToCents), MAX_SIGNIFICANT_DIGITS);
  return Number(value.toPrecision(digits));
}

/** Parts of one in which most prices and steps are whole. */
const UNITS_IN_ONE = 1_000_000;

/**
 * How many millionths a number is, if its decimal is a whole number of them with at most {@link MAX_SIGNIFICANT_DIGITS}
 * digits; `undefined` also for what is too large to tell. A quotient is the number nearest to it, and no two decimals of
 * so few digits have the same nearest number: what the quotient equals prints as just that decimal.
 */
function unitsOf(value: number): number | undefined {
  const units = Math.round(value * UNITS_IN_ONE);
  return Math.abs(units) < 10 ** MAX_SIGNIFICANT_DIGITS && units / UNITS_IN_ONE === value ? units : undefined;
}

function significantDigits(value: number): number {
  return Math.abs(value).toExponential().replace(/e.*$/, "").replace(".", "").length;
}
