const DAY_MS = 86_400_000;

/**
 * From when on a vendor's history of so many days is certain to hold every order, in milliseconds since the epoch: a midnight
 * that is up to a day less ago, since the vendor's clock and its midnight are not ours.
 */
export function historySince(days: number): number {
  return (Math.floor(Date.now() / DAY_MS) - days + 1) * DAY_MS;
}
