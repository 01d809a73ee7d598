/** What a run counts by the way. */

export interface Counters {
  /** One more of this kind. */
  count(group: string, kind: string): void;
  /** A promise of the gateway that was broken, as soon as it is seen; the same words count once. */
  broken(text: string): void;
  total(group: string): number;
  /** Every kind of a group with its count, most first. */
  of(group: string): readonly (readonly [kind: string, count: number])[];
  violations(): readonly string[];
}

export function createCounters(): Counters {
  const groups = new Map<string, Map<string, number>>();
  const violations = new Set<string>();
  const of = (group: string) => [...(groups.get(group) ?? [])].toSorted(([, a], [, b]) => b - a);
  return {
    count(group, kind) {
      const kinds = groups.get(group) ?? new Map<string, number>();
      groups.set(group, kinds.set(kind, (kinds.get(kind) ?? 0) + 1));
    },
    broken: (text) => void violations.add(text),
    total: (group) => of(group).reduce((sum, [, count]) => sum + count, 0),
    of,
    violations: () => [...violations],
  };
}
