/** Runs one cell: the operation under its fault, then everything that must hold afterwards. */
import { deepStrictEqual } from "node:assert/strict";
import { fillOne, placeSubject, type Write, writeOf } from "./acts.ts";
import type { Answer } from "./client.ts";
import { checkHonest, checkJournal, checkRecovered, checkTrades, checkVerdict, checkViews } from "./invariants.ts";
import { openScene, type Scene } from "./scene.ts";
import { STRIKES, type Strike, type Struck } from "./strikes.ts";
import type { Cell, Operation, Outcome } from "./terms.ts";

/**
 * Gives what came of the operation.
 *
 * @throws when something does not hold that must hold in every cell.
 */
export async function runCell(cell: Cell): Promise<Outcome> {
  const strike = STRIKES[cell.fault];
  await using scene = await openScene(cell, strike.needsProcess?.(cell.broker) ?? false);
  const struck: Struck = { scene, orderId: await placeSubject(scene) };
  const outcome = await operate(struck, strike);
  await checkTrades(scene);
  await checkViews(scene);
  await checkJournal(scene);
  return outcome;
}

function operate(struck: Struck, strike: Strike): Promise<Outcome> {
  const { operation } = struck.scene.cell;
  if (operation === "read") return read(struck, strike);
  if (operation === "push") return followed(struck, strike);
  return write(struck, strike, operation);
}

async function read(struck: Struck, strike: Strike): Promise<Outcome> {
  const { client } = struck.scene;
  await strike.begin(struck);
  const answer = await client.ask("cash/state");
  await strike.during?.(struck);
  await strike.end?.(struck);
  await checkRecovered(struck.scene);
  if (answer === undefined) return "no answer, then value";
  return (answer.body.error?.code ?? "value") as Outcome;
}

async function followed(struck: Struck, strike: Strike): Promise<Outcome> {
  const { scene } = struck;
  await using following = scene.client.follow(
    ({ orderId, filledQty }) => orderId === struck.orderId && filledQty === 1,
  );
  await following.begun;
  await strike.begin(struck);
  fillOne(scene, struck.orderId);
  await strike.during?.(struck);
  await strike.end?.(struck);
  await following.told();
  await checkRecovered(scene);
  return "told";
}

async function write(struck: Struck, strike: Strike, operation: Exclude<Operation, "read" | "push">): Promise<Outcome> {
  const { scene } = struck;
  await strike.begin(struck);
  const act = writeOf(operation, struck.orderId);
  const answer = await scene.client.ask(act.path, act);
  if (scene.isLedgerApart) await checkHonest(scene, act, answer);
  await strike.during?.(struck);
  await strike.end?.(struck);
  await checkRecovered(scene);
  const outcome = await settledOutcome(scene, act, answer);
  await checkRepetition(scene, act, outcome);
  return outcome;
}

async function settledOutcome(scene: Scene, act: Write, answer: Answer | undefined): Promise<Outcome> {
  await checkVerdict(scene, act);
  await checkHonest(scene, act, answer);
  const rows = act.applied(await scene.ledger());
  const error = answer?.body.error ?? undefined;
  if (answer !== undefined && error === undefined) return "accepted";
  if (error !== undefined && error.outcome !== "unknown") {
    return `${error.code}, ${error.outcome === "rejected" ? "rejected" : "not sent"}` as Outcome;
  }
  const opening = answer === undefined ? "no answer" : "unknown";
  return `${opening}, then ${rows.length > 0 ? "accepted" : "not sent"}`;
}

/** The client sends it again under its key: what was done is not done again, what was not is done now. */
async function checkRepetition(scene: Scene, act: Write, outcome: Outcome): Promise<void> {
  const before = await scene.ledger();
  const again = await scene.client.insist(act.path, act.key, act.body);
  const after = await scene.ledger();
  const told = JSON.stringify(again.body);
  if (outcome.endsWith("accepted")) {
    deepStrictEqual([again.status, after], [200, before], told);
    if (act.path === "order/place") deepStrictEqual(again.body.orderId, act.applied(after)[0]?.orderId, told);
  } else if (again.status === 200) {
    deepStrictEqual(act.applied(after).length, 1, told);
  } else {
    // It is refused for the same reason again: what is wrong is no matter of the fault alone.
    deepStrictEqual([again.body.error?.code, after], [outcome.split(",")[0], before], told);
  }
}
