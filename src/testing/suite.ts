import type { ConformanceCheck } from "./check.ts";
import { changeChecks } from "./checks/changes.ts";
import { faultChecks } from "./checks/faults.ts";
import { orderChecks } from "./checks/orders.ts";
import { pushChecks } from "./checks/pushes.ts";
import { readChecks } from "./checks/reads.ts";
import { refusalChecks } from "./checks/refusals.ts";
import { rowChecks } from "./checks/rows.ts";
import { secretChecks } from "./checks/secrets.ts";
import { shapeChecks } from "./checks/shape.ts";

/** Every promise of the broker contract, in the order in which a new broker best makes them come true. */
export const brokerConformance: readonly ConformanceCheck[] = [
  ...shapeChecks,
  ...readChecks,
  ...rowChecks,
  ...orderChecks,
  ...changeChecks,
  ...refusalChecks,
  ...pushChecks,
  ...faultChecks,
  ...secretChecks,
];
