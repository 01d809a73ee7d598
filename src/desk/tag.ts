/** The gateway's mark on an order, written into the vendor's free text and read back from it. */
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

/** Of RFC 4648, in lower case. */
const ALPHABET: readonly number[] = codesOf("abcdefghijklmnopqrstuvwxyz234567");
const PREFIX: readonly number[] = codesOf("ht");

const TAG_BYTES = 15;
const TIME_BYTES = 5;
const RANDOM_BYTES = TAG_BYTES - TIME_BYTES;
/** Where the random part of a tag begins: five bits are one character. */
const RANDOM_PLACE = PREFIX.length + (TIME_BYTES * 8) / 5;

/** Random bytes for so many tags are drawn at once: on Node to draw them for each costs as much as all of its checks. */
const TAGS_DRAWN = 64;

/** Milliseconds after which drawn bytes are used no more: two processes made from one snapshot would share them. */
const DRAWN_FOR_MS = 50;

const drawn = new Uint8Array(RANDOM_BYTES * TAGS_DRAWN);
let nextDrawn = TAGS_DRAWN;
let drawnAt = 0;
/** The characters of the newest tag, which the next one is written over. */
const newest = [...PREFIX];
let newestAt = Number.NaN;

/**
 * A new tag: `ht` and 24 characters of `[a-z2-7]`, 40 bits of the time in milliseconds and 80 random ones. Tags that follow
 * each other begin alike, so that a journal's index takes them in one place: it costs half of what random ones do.
 */
export function newTag(): string {
  const now = Date.now();
  if (now !== newestAt) {
    writeBase32(timeBytes(now), newest, PREFIX.length);
    newestAt = now;
  }
  if (nextDrawn === TAGS_DRAWN || Math.abs(now - drawnAt) > DRAWN_FOR_MS) {
    crypto.getRandomValues(drawn);
    drawnAt = now;
    nextDrawn = 0;
  }
  const start = nextDrawn * RANDOM_BYTES;
  nextDrawn += 1;
  writeBase32(drawn.subarray(start, start + RANDOM_BYTES), newest, RANDOM_PLACE);
  return textOf(newest);
}

function timeBytes(milliseconds: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(milliseconds));
  return bytes.subarray(8 - TIME_BYTES);
}

/** The tag of a keyed intent: the same for the same instance, principal and key, and telling nothing of them. */
export function keyedTag(instance: string, principal: string, key: string): string {
  const digest = sha256(utf8ToBytes(JSON.stringify([instance, principal, key])));
  const codes = [...PREFIX];
  writeBase32(digest.subarray(0, TAG_BYTES), codes, codes.length);
  return textOf(codes);
}

/** True for a text in the form of a tag, of this or of another gateway. */
export function isTag(text: string): boolean {
  return /^ht[a-z2-7]{24}$/.test(text);
}

/** Writes RFC 4648 base 32 as character codes; the length of `bytes` is a multiple of five, so nothing is padded. */
function writeBase32(bytes: Uint8Array, codes: number[], place: number): void {
  let at = place;
  let bits = 0;
  let waiting = 0;
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    for (waiting += 8; waiting >= 5; ) {
      waiting -= 5;
      codes[at] = ALPHABET[(bits >>> waiting) & 31] ?? 0;
      at += 1;
    }
  }
}

function codesOf(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}

/** In one piece: a text that was put together of others is kept with all of them, for as long as the tag is remembered. */
function textOf(codes: readonly number[]): string {
  return String.fromCharCode(...codes);
}
