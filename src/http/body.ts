/** Reading a body: JSON only, and never more than a request of this API can need. */
import { Deadline, TIME_IS_UP } from "../desk/deadline.ts";
import { invalidRequest } from "./faults.ts";
import type { Server } from "./server.ts";
import { parseStrictJson, type StrictJson } from "./strict-json.ts";

/** The most a body may have: 64 KiB. */
const MAX_BODY_BYTES = 65_536;

const JSON_TYPE = /^application\/json(?:\s*;\s*charset\s*=\s*"?utf-?8"?)?\s*;?\s*$/i;

/** No such type is longer; a header may be, and its blanks would cost by their square. */
const MAX_TYPE = 64;

/**
 * Reads the body as JSON; throws `InvalidRequest` for everything that is not JSON of a fitting size, and for a body that
 * is not whole after so many milliseconds: not every runtime ends a request that only trickles in.
 */
export async function readJson(request: Request, server: Server, limitMs: number): Promise<StrictJson> {
  const type = request.headers.get("content-type");
  if (type === null || type.length > MAX_TYPE || !JSON_TYPE.test(type)) {
    fault("content-type", "must be application/json", type === null ? undefined : type.slice(0, MAX_TYPE));
  }
  if (request.bodyUsed) {
    fault("body", "was read before it came here; put this handler in front of every body parser");
  }
  const declared = request.headers.get("content-length");
  if (Number(declared) > MAX_BODY_BYTES) tooLarge();
  const { holdsLength, lasting } = server;
  const text =
    holdsLength && declared !== null
      ? // In one piece a body costs a fraction of what its stream does.
        await new Deadline(limitMs, { alarm: lasting?.alarm }).within(request.text()).catch(brokeOff)
      : new TextDecoder().decode(await readStream(request, limitMs));
  if (text === TIME_IS_UP) return tooSlow(limitMs);
  if (text.length > MAX_BODY_BYTES) tooLarge();
  return parse(text);
}

/** What bytes become that are no text. */
const NO_TEXT = "\ufffd";

function parse(text: string): StrictJson {
  if (text.includes(NO_TEXT))
    fault("body", "is not valid UTF-8, as no compressed body is, or holds U+FFFD, which stands for that");
  if (text.trim() === "") fault("body", "is empty; a JSON object is needed");
  try {
    return parseStrictJson(text);
  } catch (error) {
    return fault("body", `is not valid JSON${error instanceof SyntaxError ? ` (${error.message.slice(0, 120)})` : ""}`);
  }
}

async function readStream(request: Request, limitMs: number): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array();
  const { chunks, size } = await readChunks(request.body.getReader(), limitMs);
  return joined(chunks, size);
}

async function readChunks(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  limitMs: number,
): Promise<{ readonly chunks: readonly Uint8Array[]; readonly size: number }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(resolve, limitMs, "late");
  });
  // Not waited for: a sender that never ends must not hold the answer back.
  const giveUp = () => void reader.cancel().catch(() => {});
  try {
    for (;;) {
      const part = await Promise.race([next(reader), late]);
      if (part === undefined) return { chunks, size };
      if (part === "late") {
        giveUp();
        tooSlow(limitMs);
      }
      size += part.byteLength;
      if (size > MAX_BODY_BYTES) {
        giveUp();
        tooLarge();
      }
      chunks.push(part);
    }
  } finally {
    clearTimeout(timer);
  }
}

async function next(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | undefined> {
  try {
    return (await reader.read()).value;
  } catch {
    return brokeOff();
  }
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const [first] = chunks;
  if (first !== undefined && chunks.length === 1) return first;
  const all = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return all;
}

function brokeOff(): never {
  return fault("body", "broke off before its end");
}

function tooSlow(limitMs: number): never {
  return fault("body", `was not whole after ${limitMs} ms`);
}

function tooLarge(): never {
  return fault("body", `is larger than ${MAX_BODY_BYTES} bytes`);
}

function fault(path: string, message: string, value?: string): never {
  throw invalidRequest([{ path, message, ...(value === undefined ? {} : { value }) }]);
}
