/**
 * The vendor's id of the so-manieth order: a number of 18 digits, as most vendors give. Short numbers that follow each other
 * are a case of their own in a JavaScript engine: V8 15 takes several microseconds to use each as the key of a map.
 */
export function orderIdOf(count: number): string {
  return `70904305${1_000_000_000 + count}`;
}
