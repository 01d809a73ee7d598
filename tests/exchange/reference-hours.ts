/** When the markets of the plain exchange trade. */
import type { Lifecycle } from "../../src/domain/order.ts";

export const MINUTE = 60_000;

interface Hours {
  readonly zone: string;
  /** Of a trading day, in minutes: when orders of each kind are matched. */
  readonly open: Record<Lifecycle, readonly (readonly [number, number])[]>;
  readonly ends: Partial<Record<Lifecycle, number>>;
}

const ASIA = (zone: string, noon: readonly [number, number], end: number, over: number): Hours => {
  const open = [
    [570, noon[0]],
    [noon[1], end],
  ] as const;
  return { zone, open: { RTH: open, ETH: open, OVERNIGHT: [] }, ends: { RTH: over, ETH: over } };
};

export const HOURS: Record<string, Hours> = {
  US: {
    zone: "America/New_York",
    open: { RTH: [[570, 960]], ETH: [[240, 1200]], OVERNIGHT: [[-240, 240]] },
    ends: { RTH: 960, ETH: 1200, OVERNIGHT: 240 },
  },
  HK: ASIA("Asia/Hong_Kong", [720, 780], 960, 970),
  CN: ASIA("Asia/Shanghai", [690, 780], 897, 900),
};

const offsets = new Map<string, number>();

/** Minutes since 1970 on the wall of a zone. */
export function wall(zone: string, at: number): number {
  const hour = Math.floor(at / 3_600_000);
  const key = `${zone} ${hour}`;
  let offset = offsets.get(key);
  if (offset === undefined) {
    const text = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
    offset = (Date.parse(`${text.format(hour * 3_600_000).replace(" ", "T")}Z`) - hour * 3_600_000) / MINUTE;
    offsets.set(key, offset);
  }
  return Math.floor(at / MINUTE) + offset;
}
