/** JSON for orders: what `JSON.parse` would change in silence is told. */
import type { Fault } from "../desk/guards.ts";
import { isExactLiteral } from "../domain/money.ts";

/** What was read, and what `JSON.parse` changed in reading it. */
export interface StrictJson {
  readonly value: unknown;
  /**
   * Numbers that were rounded (`12.00000000000000000001`, `1e400`), and names given twice, of which the last counts. The
   * first {@link MOST_FAULTS} of them.
   */
  readonly faults: readonly Fault[];
}

const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|-?\d[\d.eE+-]*/g;

/** A number of at most 15 characters without an exponent is always the decimal it is written as. */
const SHORT_LITERAL = 15;

/** Texts in faults are cut here. */
const SHOWN = 64;

/** More are not told anyway, and a body of faults alone must not cost more than one of orders. */
const MOST_FAULTS = 32;

/** A path is told down to this depth: no request of ours goes half as deep. */
const DEEPEST_PATH = 8;

/** An object or array that is being read; an array has no names. */
interface Level {
  readonly names: Set<string> | undefined;
  name: string;
}

/** What may be a number that is rounded; a text may look like one too. */
const LONG_NUMBER = /[-\d.]{16}|\d[eE]/;

/** Parses JSON. @throws SyntaxError as `JSON.parse` does. */
export function parseStrictJson(text: string): StrictJson {
  const value: unknown = JSON.parse(text);
  // Nearly every body: no long number, and as many names as were written.
  if (!LONG_NUMBER.test(text) && namesIn(value) === nameEndsIn(text)) return { value, faults: [] };
  const faults: Fault[] = [];
  const levels: Level[] = [];
  const path = () => {
    const names = levels.slice(0, DEEPEST_PATH).flatMap(({ name }) => (name === "" ? [] : [name.slice(0, SHOWN)]));
    return names.join(".") || "body";
  };
  let last = "";
  for (const token of text.match(TOKENS) ?? []) {
    const level = levels.at(-1);
    if (token === "{") levels.push({ names: new Set(), name: "" });
    else if (token === "[") levels.push({ names: undefined, name: "" });
    else if (token === "}" || token === "]") levels.pop();
    else if (token === ":" && level?.names !== undefined) {
      level.name = String(JSON.parse(last));
      if (level.names.has(level.name)) faults.push({ path: path(), message: "is given more than once" });
      level.names.add(level.name);
    } else if (isRounded(token)) {
      const message = "has more digits than a number can hold (15), or is too large or too small";
      faults.push({ path: path(), message, value: token.slice(0, SHOWN) });
    }
    last = token;
    if (faults.length >= MOST_FAULTS) break;
  }
  return { value, faults };
}

function namesIn(value: unknown): number {
  let names = 0;
  const found = [value];
  // Grows as it goes: a body may be nested deeper than calls can be.
  for (const item of found) {
    if (typeof item !== "object" || item === null) continue;
    const fields: unknown[] = Object.values(item);
    if (!Array.isArray(item)) names += fields.length;
    for (const field of fields) if (typeof field === "object") found.push(field);
  }
  return names;
}

/** Every name ends with a quotation mark and a colon; nothing else does but a text that has both. */
function nameEndsIn(text: string): number {
  let ends = 0;
  for (let at = text.indexOf(":"); at !== -1; at = text.indexOf(":", at + 1)) {
    let before = at - 1;
    while (isSpace(text.charCodeAt(before))) before -= 1;
    if (text.charCodeAt(before) === QUOTATION_MARK) ends += 1;
  }
  return ends;
}

const QUOTATION_MARK = 0x22;

/** What JSON allows between its tokens: a blank, a tab, the ends of lines. */
function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

function isRounded(token: string): boolean {
  return /^[-\d]/.test(token) && (token.length > SHORT_LITERAL || /[eE]/.test(token)) && !isExactLiteral(token);
}
