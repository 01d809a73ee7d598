import { expect, test } from "vitest";
import { ownText } from "../../../src/brokers/shared/own-text.ts";
import { collectGarbage } from "../../collect-garbage.ts";

const MEGABYTE = 1_000_000;

test.each(["", "1", "12345678901234567890", "富途证券 and 26 more characters"])("is the same text: %s", (text) => {
  expect(ownText(text)).toBe(text);
});

test("holds on to nothing of the long text that it was cut out of", () => {
  const held = () => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const before = held();
  const kept = Array.from({ length: 50 }, (_, index) => {
    const long = `${index}`.repeat(MEGABYTE);
    return ownText(long.slice(1_000, 1_020));
  });
  expect((held() - before) / MEGABYTE).toBeLessThan(5);
  expect(kept).toHaveLength(50);
});
