/** Reading a body: JSON only, and never more than a request of this API can need. */
import { invalidRequest } from "./faults.ts";
import { parseStrictJson, type StrictJson } from "./strict-json.ts";

/** The most a body may have: 64 KiB. */
export const MAX_BODY_BYTES = 65_536;

const JSON_TYPE = /^application\/json(?:\s*;\s*charset\s*=\s*"?utf-?8"?)?\s*;?\s*$/i;

/**
 * Reads the body as JSON; throws `InvalidRequest` for everything that is not JSON of a fitting size, and for a body that
 * is not whole after so many milliseconds: not every runtime ends a request that only trickles in.
 */
export async function readJson(request: Request, limitMs: number): Promise<StrictJson> {
  const type = request.headers.get("content-type");
  if (type === null || !JSON_TYPE.test(type)) {
    fault("content-type", "must be application/json", type === null ? undefined : type.slice(0, 64));
  }
  const text = await readText(request, limitMs);
  if (text.trim() === "") fault("body", "is empty; a JSON object is needed");
  try {
    return parseStrictJson(text);
  } catch (error) {
    return fault("body", `is not valid JSON${error instanceof SyntaxError ? ` (${error.message.slice(0, 120)})` : ""}`);
  }
}

async function readText(request: Request, limitMs: number): Promise<string> {
  if (request.bodyUsed) {
    fault("body", "was read before it came here; put this handler in front of every body parser");
  }
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BODY_BYTES) tooLarge();
  if (request.body === null) return "";
  // Counted as it comes: a declared length is only a claim.
  const { chunks, size } = await readChunks(request.body.getReader(), limitMs);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(joined(chunks, size));
  } catch {
    return fault("body", "is not valid UTF-8");
  }
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
        fault("body", `was not whole after ${limitMs} ms`);
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
    return fault("body", "broke off before its end");
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

function tooLarge(): never {
  return fault("body", `is larger than ${MAX_BODY_BYTES} bytes`);
}

function fault(path: string, message: string, value?: string): never {
  throw invalidRequest([{ path, message, ...(value === undefined ? {} : { value }) }]);
}
