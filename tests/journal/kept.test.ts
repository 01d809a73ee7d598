import fc from "fast-check";
import { expect, test } from "vitest";
import { Kept } from "../../src/journal/kept.ts";

interface Thing {
  readonly key: string;
  readonly isOpen: boolean;
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("put" as const), key: fc.nat(12), isOpen: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("end" as const), key: fc.integer({ min: 100, max: 10_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("delete" as const), key: fc.nat(12) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("forget" as const), key: fc.nat(12) }) },
);

test("all that are open are there, and the newest of those that ended, whatever happens between", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9 }), fc.array(step, { maxLength: 120 }), (kept, steps) => {
      const things = new Kept<Thing>(kept);
      let open: Thing[] = [];
      /** The oldest first. */
      let ended: Thing[] = [];
      for (const one of steps) {
        const key = `${one.key}`;
        if (one.kind === "forget") {
          things.forget((thing) => thing.key === key);
          ended = ended.filter((thing) => thing.key !== key);
        } else if (one.kind === "delete") {
          things.delete(key);
          open = open.filter((thing) => thing.key !== key);
          ended = ended.filter((thing) => thing.key !== key);
        } else {
          const thing: Thing = { key, isOpen: one.kind === "put" && one.isOpen };
          // Of what has gone by more than so many others nobody knows whether it is still there.
          const isKnown = things.get(key) !== undefined;
          if (!isKnown) ended = ended.filter((other) => other.key !== key);
          if (isKnown) things.replace(key, thing, thing.isOpen);
          else things.add(key, thing, thing.isOpen);
          const put = (list: Thing[]) =>
            list.some((other) => other.key === key)
              ? list.map((other) => (other.key === key ? thing : other))
              : [...list, thing];
          const without = (list: Thing[]) => list.filter((other) => other.key !== key);
          if (thing.isOpen) [open, ended] = [put(open), without(ended)];
          else [open, ended] = [without(open), put(ended)];
        }
        expect([...things.open()]).toEqual(open);
        for (const thing of open) expect(things.get(thing.key)).toBe(thing);
        for (const thing of kept === 0 ? [] : ended.slice(-kept)) expect(things.get(thing.key)).toBe(thing);
        expect(things.ended().length).toBeLessThanOrEqual(kept + 2 * Math.max(1, Math.ceil(kept / 2)));
        expect(ended).toEqual(expect.arrayContaining(things.ended()));
        const newest = things.ended().slice(-kept);
        expect(kept === 0 ? [] : newest).toEqual(kept === 0 ? [] : ended.slice(-kept));
      }
    }),
    { numRuns: 300 },
  );
});
