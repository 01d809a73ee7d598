/** The bytes of the TWS protocol: a length, then fields that each end with a NUL. */

/** A field as the code has it; an absent value is written as an empty field. */
export type Field = string | number | boolean | null;

/** One message, its id first. */
export type Message = readonly Field[];

/** What a client sends: first the range of versions that it speaks, then messages. */
export type Received =
  | { readonly hello: { readonly min: number; readonly max: number } }
  | { readonly fields: readonly string[] };

const PREFIX = Buffer.from("API\0");
const LENGTH_BYTES = 4;
const LONGEST = 0xffffff;

/** A message as it goes over the wire. */
export function encode(message: Message): Buffer {
  const body = Buffer.from(message.map((field) => `${textOf(field)}\0`).join(""), "utf8");
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/** Text as TWS writes it where it promises ASCII: every other character as `\uXXXX`. */
export function ascii(text: string): string {
  return text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Cuts a stream into what was sent; gives `undefined` for what is not this protocol, after which nothing can be read. */
export function createFrameReader(): (chunk: Buffer) => readonly Received[] | undefined {
  let buffer = Buffer.alloc(0);
  let greeted = false;

  const next = (): Received | "more" | undefined => {
    const start = greeted ? 0 : PREFIX.length;
    if (!greeted && !PREFIX.subarray(0, buffer.length).equals(buffer.subarray(0, PREFIX.length))) return undefined;
    if (buffer.length < start + LENGTH_BYTES) return "more";
    const length = buffer.readUInt32BE(start);
    if (length > LONGEST) return undefined;
    const end = start + LENGTH_BYTES + length;
    if (buffer.length < end) return "more";
    const text = buffer.subarray(start + LENGTH_BYTES, end).toString("utf8");
    buffer = buffer.subarray(end);
    if (greeted) return { fields: text.split("\0").slice(0, -1) };
    greeted = true;
    const [, min, max = min] = /^v(\d+)(?:\.\.(\d+))?(?: .*)?$/.exec(text) ?? [];
    return min === undefined ? undefined : { hello: { min: Number(min), max: Number(max) } };
  };

  return (chunk) => {
    buffer = Buffer.concat([buffer, chunk]);
    const all: Received[] = [];
    for (let each = next(); each !== "more"; each = next()) {
      if (each === undefined) return undefined;
      all.push(each);
    }
    return all;
  };
}

function textOf(field: Field): string {
  if (field === null) return "";
  if (typeof field === "boolean") return field ? "1" : "0";
  return String(field).replaceAll("\0", "");
}
