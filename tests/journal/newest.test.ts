import fc from "fast-check";
import { expect, test } from "vitest";
import { Newest } from "../../src/journal/newest.ts";

interface Item {
  readonly id: number;
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("add" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove" as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("take" as const), below: fc.nat(20) }) },
);

test("gives back the oldest of those that are left, whatever was taken out between", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5 }), fc.array(step, { maxLength: 60 }), (kept, steps) => {
      const newest = new Newest<Item>(kept);
      let model: Item[] = [];
      let made = 0;
      for (const one of steps) {
        if (one.kind === "add") {
          made += 1;
          const item = { id: made };
          model.push(item);
          expect(newest.add(item)).toBe(model.length > kept ? model.shift() : undefined);
        } else if (one.kind === "remove") {
          const item = model[one.which % (model.length || 1)] ?? { id: 0 };
          newest.remove(item);
          model = model.filter((other) => other !== item);
        } else {
          const isOut = ({ id }: Item) => id % 20 < one.below;
          expect(newest.take(isOut)).toEqual(model.filter(isOut));
          model = model.filter((item) => !isOut(item));
        }
      }
      expect(newest.take(() => true)).toEqual(model);
    }),
    { numRuns: 300 },
  );
});
