import { expect, test } from "vitest";
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

test.each(["", "ht", "hello", "HTABCDEFGHIJKLMNOPQRSTUVWX", `ht${"a".repeat(25)}`, `ht${"1".repeat(24)}`])(
  "%j is no tag",
  (text) => expect(isTag(text)).toBe(false),
);

test("the tag of a key is base 32 of its digest, and the same at every start", () => {
  expect(keyedTag("0123456789abcdef", "default", "my-key")).toBe("htjpnpuumdbfq4euyxeq3g6h4d");
});
