import { contractKey } from "../../domain/contract.ts";
import type { TokenAllowance } from "../../spec/policy.ts";
import type { Breach } from "./breach.ts";
import type { Draft } from "./draft.ts";

/** What is not among all that is allowed; `rule` is the option that allows it. */
export function notAllowed(
  { contract, direction, orderType, lifecycle }: Draft,
  allow: TokenAllowance | undefined,
  rule: string,
): Breach[] {
  if (allow === undefined) return [];
  const breaches: Breach[] = [];
  const hold = (name: keyof TokenAllowance, value: string | null) => {
    const allowed: readonly (string | null)[] | undefined = allow[name];
    if (allowed === undefined || allowed.includes(value)) return;
    breaches.push({
      rule: `${rule}.${name}`,
      value,
      limit: allowed,
      message: `${value ?? "an order of this kind"} is not allowed, only ${allowed.join(", ") || "nothing"}`,
    });
  };
  hold("regions", contract.region);
  hold("symbols", contractKey(contract));
  hold("directions", direction);
  hold("orderTypes", orderType);
  hold("lifecycles", lifecycle);
  return breaches;
}
