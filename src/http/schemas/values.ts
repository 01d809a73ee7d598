/** Schemas of single values: what a field takes in, with messages that say what to send instead. */
import * as z from "zod";
import { isPositiveDecimal, MAX_SIGNIFICANT_DIGITS, parseDecimal } from "../../domain/money.ts";
import { once } from "./once.ts";

const DECIMAL_RULE = `a positive number, or the same as plain decimal text, of at most ${MAX_SIGNIFICANT_DIGITS} significant digits and below 1e21`;

/**
 * A positive number or the same as plain decimal text; never an exponent in text, never a number that a double cannot
 * hold. Both become the number.
 */
function positiveDecimal(what: string) {
  const error = `must be ${DECIMAL_RULE}`;
  return z
    .union([z.number({ error }).gt(0, { error }), z.string({ error }).regex(/^\d+(?:\.\d+)?$/, { error })], { error })
    .transform((value, context): number => {
      const decimal = typeof value === "string" ? parseDecimal(value) : value;
      if (decimal !== undefined && isPositiveDecimal(decimal)) return decimal;
      context.addIssue({ code: "custom", message: `${error}; this ${what} is not`, input: value });
      return z.NEVER;
    });
}

export const priceInput = once(() =>
  positiveDecimal("price").meta({
    description: "Limit price in the currency of the contract: a JSON number, or plain decimal text such as `200.10`.",
    examples: [200, "200.10"],
  }),
);

export const qtyInput = once(() =>
  positiveDecimal("quantity").meta({
    description:
      "Quantity in the unit of the contract. A whole number for shares; the steps of every market are in `capabilities`.",
    examples: [12],
  }),
);

/** Of an API without parameters: one that is passed over in silence is taken for heard, as `?dryRun=true` of an order would be. */
export const noQuery = once(() => z.strictObject({}));

/** One of a list of words; the message names all of them. */
export function wordInput<const Words extends readonly [string, ...string[]]>(words: Words, description: string) {
  return z.enum(words, { error: `must be one of ${words.join(", ")}` }).meta({ description, examples: [words[0]] });
}

export const orderIdInput = once(() =>
  z
    .string({ error: "must be text, as it was given by order/place (order numbers can be larger than a number holds)" })
    .regex(/^[\x21-\x7e]{1,64}$/, { error: "must be 1 to 64 printable ASCII characters without spaces" })
    .meta({ description: "The order's id as text, as `order/place` gave it.", examples: ["69788888"] }),
);

/** Without `\p`: who reads the pattern in the document may know none, or take it for letters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: what it is about
const ONE_LINE = /^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]{1,500}$/u;

/** Why somebody does what is written down with it. */
export function reasonInput(example: string) {
  return z
    .string({ error: "must be text: it is written down" })
    .regex(ONE_LINE, { error: "must be 1 to 500 characters on one line" })
    .meta({ description: "Why, for those who read the journal later.", examples: [example] });
}

export const currencyInput = once(() =>
  z
    .string()
    .regex(/^[A-Z]{3,5}$/, { error: "must be a currency code of 3 to 5 capitals, such as USD" })
    .meta({
      description: "Currency code of 3 to 5 capitals. `CNY` and `CNH` are one currency here.",
      examples: ["USD"],
    }),
);
