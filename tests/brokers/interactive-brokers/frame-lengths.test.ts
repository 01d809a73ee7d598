/** Lengths in TWS's stream, however it is cut. */
import { expect, test } from "vitest";
import { createLengthCheck } from "../../../src/brokers/interactive-brokers/frame-lengths.ts";

const frame = (length: number, body = length): Uint8Array => {
  const bytes = Buffer.alloc(4 + body, 0x31);
  bytes.writeUInt32BE(length);
  return bytes;
};
const whole = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);

function verdicts(bytes: Uint8Array, size: number): boolean[] {
  const isSound = createLengthCheck();
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
  return pieces.map((piece) => isSound(piece));
}

test.each([1, 3, 7, 1000])("whole messages pass in pieces of %i bytes", (size) => {
  expect(verdicts(whole(frame(5), frame(0), frame(300)), size)).not.toContain(false);
});

test.each([0xffff_fffc, 0x8000_0000, 0x0100_0000])("%i is no length, wherever it is cut", (length) => {
  for (const size of [1, 3, 1000]) expect(verdicts(whole(frame(5), frame(length, 0)), size).at(-1)).toBe(false);
});

test("the longest message passes", () => {
  expect(verdicts(frame(0xff_ffff, 10), 1000)).toEqual([true]);
});
