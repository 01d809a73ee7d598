/** Reading what a user gives to a broker: its own options, beside those of the instance, which the gateway checks. */
import * as v from "valibot";
import { shown } from "../../domain/shown.ts";
import { INSTANCE_OPTION_NAMES } from "../../spec/define-broker.ts";

const OF_INSTANCE: ReadonlySet<string> = new Set(INSTANCE_OPTION_NAMES);

type OptionsSchema<T> = v.GenericSchema<unknown, T> & { readonly entries: object };

/** How faults are told. */
export interface FaultWords {
  /** What is said of an option besides that it is missing. Default: nothing. */
  readonly hint?: (name: string) => string;
  /** Tells also what was given, where none of it is a secret. Default false. */
  readonly isOpen?: boolean;
}

/** What was given, and what the schema makes of it. */
export interface OwnOptions<T> {
  readonly own: Readonly<Record<string, unknown>>;
  /** `undefined` where there are faults. */
  readonly output: T | undefined;
  readonly faults: readonly string[];
}

/** Holds options against their schema. What is given as `undefined` counts as left out. @throws TypeError for no options. */
export function checkOptions<T>(
  broker: string,
  options: unknown,
  schema: OptionsSchema<T>,
  { hint = () => "", isOpen = false }: FaultWords = {},
): OwnOptions<T> {
  if (typeof options !== "object" || options === null) throw new TypeError(`${broker}: options must be an object`);
  const own = Object.fromEntries(
    Object.entries(options).filter(([name, value]) => !OF_INSTANCE.has(name) && value !== undefined),
  );
  const { success, output, issues = [] } = v.safeParse(schema, own);
  const faults = issues.flatMap((issue) => {
    const { type, expected, message, input, path } = issue;
    const name = v.getDotPath(issue);
    if (name === null) return message;
    if (type !== "strict_object") return `${name} ${message}${isOpen ? `, not ${shown(input)}` : ""}`;
    if (expected !== "never") return `${name} is missing${hint(name)}`;
    // Of several the schema tells the first alone.
    const keys = (path ?? []).map(({ key }) => String(key));
    const { entries = {} } = within(schema, keys.slice(0, -1));
    const unknown = Object.keys(Object(path?.at(-1)?.input)).filter((key) => !Object.hasOwn(entries, key));
    return unknown.map((key) => `${[...keys.slice(0, -1), key].join(".")} is not an option of ${broker}`);
  });
  return { own, output: success ? output : undefined, faults };
}

/** What a schema is made of: an object, a list, one that may be left out, or one that is checked further. */
interface Part {
  readonly entries?: object;
  readonly item?: Part;
  readonly wrapped?: Part;
  readonly pipe?: readonly Part[];
}

/** The part of a schema that a path leads to. */
function within(schema: Part, keys: readonly string[]): Part {
  const [key, ...rest] = keys;
  const inner = schema.wrapped ?? schema.pipe?.[0];
  if (inner !== undefined) return within(inner, keys);
  return key === undefined ? schema : within(Reflect.get(Object(schema.entries), key) ?? schema.item ?? {}, rest);
}

/**
 * Reads the options of a broker.
 *
 * @throws TypeError that lists every fault; values are left out, since some are secrets.
 */
export function readOptions<T>(broker: string, options: unknown, schema: OptionsSchema<T>, words?: FaultWords): T {
  const { output, faults } = checkOptions(broker, options, schema, words);
  if (output === undefined) throw new TypeError(`${broker}: ${faults.join("; ")}`);
  return output;
}
