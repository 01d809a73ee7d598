/** A stage that is none is told as such, before every check fails of it in words of its own. */
import type { OpenedStage, Stage } from "./stage.ts";

/** @throws TypeError that says what a stage has to have. */
export function checkStage(stage: Stage): void {
  const { open, instruments } = Object(stage) as Partial<Stage>;
  const faults: string[] = [];
  if (typeof open !== "function") faults.push("open must be a function that resolves with { broker }");
  if (!Array.isArray(instruments)) faults.push("instruments must be a list of { contract, price }");
  for (const [index, instrument] of Object.entries(Array.isArray(instruments) ? instruments : [])) {
    const { contract, price } = Object(instrument) as Partial<Stage["instruments"][number]>;
    const { tradeType, region, symbol } = Object(contract) as Partial<NonNullable<typeof contract>>;
    if (![tradeType, region, symbol].every((part) => typeof part === "string")) {
      faults.push(`instruments[${index}].contract must be { tradeType, region, symbol }`);
    }
    if (typeof price !== "number") faults.push(`instruments[${index}].price must be a number`);
  }
  if (faults.length > 0) throw new TypeError(`runConformance cannot begin: ${faults.join("; ")}`);
}

/** @throws TypeError for what was opened and has no broker, as a broker itself. */
export function checkOpened(opened: OpenedStage): void {
  if (typeof Object(opened).broker === "object") return;
  throw new TypeError(
    "what open() of the stage gives must be { broker }, with venue and close beside it if there are any",
  );
}
