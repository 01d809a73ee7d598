/** Bytes that were right once: real frames with something done to them. */
import fc from "fast-check";

export type Bytes = Uint8Array<ArrayBuffer>;

/** What lengths and counts are replaced by: the edges of what 8, 16, 24 and 32 bits hold, with and without a sign. */
const EDGES = [
  0, 1, 4, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0xffffff, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff,
];

type Change = (bytes: Bytes) => Bytes;

/** A place in bytes of any length. */
const place = fc.nat(0xffff);

const joined = (...parts: readonly Uint8Array[]): Bytes => Uint8Array.from(Buffer.concat(parts));

const at = (bytes: Bytes, where: number): number => (bytes.length === 0 ? 0 : where % bytes.length);

function overwritten(bytes: Bytes, where: number, patch: Uint8Array): Bytes {
  const changed = bytes.slice();
  const start = at(bytes, where);
  changed.set(patch.subarray(0, changed.length - start), start);
  return changed;
}

function edge(value: number, width: number, little: boolean): Uint8Array {
  const patch = Uint8Array.from({ length: width }, (_, index) => Math.floor(value / 256 ** (width - 1 - index)) & 0xff);
  return little ? patch.reverse() : patch;
}

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(place, fc.nat(7)).map(
    ([where, bit]): Change =>
      (bytes) => {
        const start = at(bytes, where);
        return overwritten(bytes, start, Uint8Array.of((bytes[start] ?? 0) ^ (1 << bit)));
      },
  ),
  fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 4 })).map(
    ([where, patch]): Change =>
      (bytes) =>
        overwritten(bytes, where, patch),
  ),
  fc.tuple(fc.nat(40), fc.constantFrom(...EDGES), fc.constantFrom(1, 2, 3, 4, 8), fc.boolean()).map(
    ([where, value, width, little]): Change =>
      (bytes) =>
        overwritten(bytes, where, edge(value, width, little)),
  ),
  place.map(
    (where): Change =>
      (bytes) =>
        bytes.slice(0, at(bytes, where)),
  ),
  fc.tuple(place, fc.nat(64)).map(
    ([where, length]): Change =>
      (bytes) =>
        joined(bytes.subarray(0, at(bytes, where)), bytes.subarray(at(bytes, where) + length)),
  ),
  fc.tuple(place, fc.uint8Array({ maxLength: 32 })).map(
    ([where, more]): Change =>
      (bytes) =>
        joined(bytes.subarray(0, at(bytes, where)), more, bytes.subarray(at(bytes, where))),
  ),
  fc.tuple(place, fc.nat(64)).map(
    ([where, length]): Change =>
      (bytes) => {
        const start = at(bytes, where);
        return joined(bytes.subarray(0, start + length), bytes.subarray(start));
      },
  ),
  fc.constant<Change>((bytes) => joined(bytes, bytes)),
);

/** One of the samples with none to four things done to it, or bytes that never were anything. */
export function mutated(samples: readonly Uint8Array[]): fc.Arbitrary<Bytes> {
  const real = fc
    .tuple(fc.constantFrom(...samples), fc.array(change, { maxLength: 4 }))
    .map(([sample, changes]) => changes.reduce((bytes, act) => act(bytes), Uint8Array.from(sample)));
  const random = fc.uint8Array({ maxLength: 200 }).map((bytes) => Uint8Array.from(bytes));
  return fc.oneof({ weight: 9, arbitrary: real }, { weight: 1, arbitrary: random });
}

/** A stream of frames as a socket gives it: some of them spoilt, cut anywhere. */
export function stream(frames: readonly Uint8Array[], beginning: Uint8Array = new Uint8Array()): fc.Arbitrary<Bytes[]> {
  const bytes = fc.array(fc.oneof(fc.constantFrom(...frames), mutated(frames)), { minLength: 1, maxLength: 6 });
  return fc
    .tuple(bytes, fc.array(place, { maxLength: 6 }))
    .map(([parts, cuts]) => cut(joined(beginning, ...parts), cuts));
}

function cut(bytes: Bytes, places: readonly number[]): Bytes[] {
  const ends = places.map((where) => at(bytes, where)).sort((a, b) => a - b);
  return [0, ...ends].map((start, index) => bytes.slice(start, ends[index] ?? bytes.length));
}

/** The whole of a stream. */
export function whole(chunks: readonly Uint8Array[]): Bytes {
  return joined(...chunks);
}
