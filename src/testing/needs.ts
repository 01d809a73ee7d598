import type { Broker } from "../spec/broker.ts";
import type { Capabilities, OrderCapability } from "../spec/capabilities.ts";
import type { Need } from "./check.ts";
import type { Stage, Venue } from "./stage.ts";

/** What the stage and its broker turned out to have. */
export interface Inventory {
  readonly stage: Stage;
  readonly broker: Broker;
  readonly venue: Venue;
  readonly capabilities: Capabilities;
}

/** A need that is not met. */
export interface Gap {
  readonly missing: "broker" | "stage";
  readonly reason: string;
}

/** The first need that is not met, gaps of the broker first: what it does not offer needs no means to look. */
export function findGap(needs: readonly Need[], inventory: Inventory): Gap | undefined {
  const gaps = needs.map((need) => gapOf(need, inventory)).filter((gap) => gap !== undefined);
  return gaps.find((gap) => gap.missing === "broker") ?? gaps[0];
}

/** True when a row of the capabilities has all the given fields. */
export function matchesRow(row: OrderCapability, wanted: Partial<OrderCapability>): boolean {
  return (Object.keys(wanted) as (keyof OrderCapability)[]).every((key) => row[key] === wanted[key]);
}

function gapOf(need: Need, { stage, broker, venue, capabilities }: Inventory): Gap | undefined {
  if ("operation" in need) {
    return gap(typeof broker[need.operation] === "function", "broker", `the broker has no ${need.operation}`);
  }
  if ("row" in need) {
    const found = capabilities.orders.some((row) => matchesRow(row, need.row));
    return gap(found, "broker", `the capabilities have no row ${Object.values(need.row).join(" ")}`);
  }
  if ("replaceable" in need) {
    const region = need.replaceable;
    const found = capabilities.orders.some(
      (row) => row.region === region && row.orderType === "Limit" && row.replaceable !== false,
    );
    return gap(found, "broker", `the capabilities have no limit order in ${region} that can be replaced`);
  }
  if ("capability" in need) {
    const { push, listing } = capabilities;
    return need.capability === "push"
      ? gap(push !== "none", "broker", "the capabilities say that changes of orders are not pushed")
      : gap(listing.complete, "broker", "the capabilities say that the listing is not complete");
  }
  if ("quotes" in need) {
    return gap(
      capabilities.quotes.includes(need.quotes),
      "broker",
      `the capabilities list no quotes of ${need.quotes}`,
    );
  }
  if ("power" in need) {
    return gap(typeof venue[need.power] === "function", "stage", `the stage has no power ${need.power}`);
  }
  if ("instrument" in need) {
    const found = stage.instruments.some(({ contract }) => contract.region === need.instrument);
    return gap(found, "stage", `the stage names no contract of ${need.instrument}`);
  }
  return gap(hasData(stage, need.data), "stage", `the stage gives no ${need.data}`);
}

function hasData(stage: Stage, data: "lot" | "unknownContract" | "unknownOrderId" | "tradingAt"): boolean {
  if (data === "unknownContract" || data === "unknownOrderId") return stage[data] !== undefined;
  if (data === "lot") return stage.instruments.some(({ lot }) => lot !== undefined && lot > 1);
  return stage.instruments.every(({ tradingAt }) => tradingAt !== undefined);
}

function gap(met: boolean, missing: Gap["missing"], reason: string): Gap | undefined {
  return met ? undefined : { missing, reason };
}
