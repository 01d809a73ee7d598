import { expect, onTestFinished, test, vi } from "vitest";
import { isTag, keyedTag, newTag } from "../../src/desk/tag.ts";

test("tags have their form, fit every vendor's free text and do not repeat", () => {
  const tags = Array.from({ length: 2000 }, newTag);
  for (const tag of tags) {
    expect(tag).toMatch(/^ht[a-z2-7]{24}$/);
    expect(isTag(tag)).toBe(true);
  }
  expect(new Set(tags).size).toBe(2000);
  // All 32 letters come up in 48,000 of them, or the encoding drops bits.
  expect(new Set(tags.map((tag) => tag.slice(2)).join("")).size).toBe(32);
});

test("tags of one moment begin alike, so that they stand together in a journal, and end differently", () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 26, 1, 2, 3, 4) });
  onTestFinished(() => void vi.useRealTimers());
  const [one, two] = [newTag(), newTag()];
  vi.setSystemTime(Date.UTC(2026, 10, 26, 1, 2, 3, 5));
  const next = newTag();
  vi.setSystemTime(Date.UTC(2036, 0, 1));
  const later = newTag();
  expect([two, next, later].map((tag) => tag.slice(0, 10) === one.slice(0, 10))).toEqual([true, false, false]);
  expect(next.slice(0, 9)).toBe(one.slice(0, 9));
  expect(new Set([one, two, next, later].map((tag) => tag.slice(10))).size).toBe(4);
});

test.each(["", "ht", "hello", "HTABCDEFGHIJKLMNOPQRSTUVWX", `ht${"a".repeat(25)}`, `ht${"1".repeat(24)}`])(
  "%j is no tag",
  (text) => expect(isTag(text)).toBe(false),
);

test("the tag of a key is base 32 of its digest, and the same at every start", () => {
  expect(keyedTag("0123456789abcdef", "default", "my-key")).toBe("htjpnpuumdbfq4euyxeq3g6h4d");
});
