import type { ConformanceCheck } from "./check.ts";
import { absenceChecks } from "./checks/absences.ts";
import { changeChecks } from "./checks/changes.ts";
import { faultChecks } from "./checks/faults.ts";
import { moneyChecks } from "./checks/money.ts";
import { REGIONS } from "./checks/needing.ts";
import { orderChecks } from "./checks/orders.ts";
import { pendingChecks } from "./checks/pending.ts";
import { proxyChecks } from "./checks/proxies.ts";
import { pushChecks } from "./checks/pushes.ts";
import { readChecks } from "./checks/reads.ts";
import { refusalChecks } from "./checks/refusals.ts";
import { rowChecks } from "./checks/rows.ts";
import { secretChecks } from "./checks/secrets.ts";
import { shapeChecks } from "./checks/shape.ts";
import type { Stage } from "./stage.ts";

function conformance(regions: readonly string[]): readonly ConformanceCheck[] {
  return [
    ...shapeChecks,
    ...readChecks(regions),
    ...moneyChecks(regions),
    ...rowChecks(regions),
    ...orderChecks(regions),
    ...changeChecks(regions),
    ...pendingChecks,
    ...refusalChecks,
    ...pushChecks,
    ...faultChecks,
    ...absenceChecks,
    ...proxyChecks,
    ...secretChecks,
  ];
}

/**
 * Every promise of the broker contract, in the order in which a new broker best makes them come true. Of regions it looks at
 * US, HK and CN; `runConformance` by itself also at every further one of which the stage names a contract.
 */
export const brokerConformance: readonly ConformanceCheck[] = conformance(REGIONS);

/** The same, with the checks of a region for every further one of which the stage names a contract. */
export function conformanceFor({ instruments }: Stage): readonly ConformanceCheck[] {
  return conformance([...new Set([...REGIONS, ...instruments.map(({ contract }) => contract.region)])]);
}
