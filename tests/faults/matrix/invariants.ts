/** What must hold in every cell, whatever was struck. */
import { deepStrictEqual } from "node:assert/strict";
import type { OrderRecord } from "../../../src/journal/journal.ts";
import { readJournal } from "../../../src/journal/sqlite.ts";
import { cancelOf, placeAt, type Write } from "./acts.ts";
import { type Answer, type SeenOrder, until } from "./client.ts";
import type { Scene } from "./scene.ts";

/** Where an order stands, as exchange, gateway and journal must tell it alike. */
function standing({ orderId, tag, status, qty, price, filledQty }: Standing) {
  return { orderId, tag, status, qty, price, filledQty };
}
type Standing = Pick<SeenOrder, "orderId" | "tag" | "status" | "qty" | "price" | "filledQty">;

/** An answer that says that nothing was done is held against the ledger; 429 and 503 may say nothing else. */
export async function checkHonest(scene: Scene, write: Write, answer: Answer | undefined): Promise<void> {
  if (answer === undefined) return;
  const { status, body } = answer;
  const failure = body.error ?? undefined;
  const outcome = failure?.outcome;
  const told = JSON.stringify(body);
  const rows = write.applied(await scene.ledger());
  if (rows.length > 1) throw new Error(`carried out ${rows.length} times: ${told}`);
  if (failure === undefined && rows.length === 0) throw new Error(`accepted, but not in the ledger: ${told}`);
  if (failure === undefined) return;
  if (outcome === undefined) throw new Error(`a write failed without an outcome: ${told}`);
  if ((status === 429 || status === 503) && outcome !== "not_sent")
    throw new Error(`${status} is not not_sent: ${told}`);
  if (outcome !== "unknown" && rows.length > 0) throw new Error(`told as ${outcome}, but carried out: ${told}`);
}

/** What the gateway has written down in the end must be what the ledger shows; a cancel may go out without a journal. */
export async function checkVerdict(scene: Scene, write: Write): Promise<void> {
  const applied = write.applied(await scene.ledger()).length > 0;
  const reader = await readJournal(scene.journal);
  try {
    const lines = reader.lines(0, Number.MAX_SAFE_INTEGER).map(({ line }) => line);
    const intent = lines.findLast((line) => line.kind === "intent" && write.isIntent(line.action));
    if (intent?.kind !== "intent") return;
    const verdict = lines.findLast((line) => line.kind === "progress" && line.id === intent.id);
    if (verdict?.kind !== "progress") return;
    const { state, placed, failure, reason } = verdict;
    const isAccepted = state === "accepted" || (state === "resolved" && placed !== undefined);
    if (isAccepted === applied) return;
    const told = JSON.stringify({ state, placed, failure, reason });
    throw new Error(`the journal says ${told}, but the ledger has ${applied ? "it" : "nothing"}`);
  } finally {
    reader.close();
  }
}

/** The connection is back, reads work, and nothing is left unknown. */
export async function checkRecovered({ client }: Scene): Promise<void> {
  let last: unknown;
  const look = async (path: string) => {
    const answer = await client.ask(path);
    last = answer?.body;
    return answer;
  };
  const shown = () => last;
  await until("ping to be true", async () => (await look("ping/state"))?.body.pong === true || undefined, shown);
  await until("a read to work", async () => (await look("cash/state"))?.status === 200 || undefined, shown);
  await until(
    "every unknown write to be resolved",
    async () => (await look("order/intents?state=unknown"))?.body.intents?.length === 0 || undefined,
    shown,
  );
}

/** A new order is taken, and its cancel. */
export async function checkTrades({ client, ledger }: Scene): Promise<void> {
  const fresh = placeAt(90);
  const placed = await client.insist(fresh.path, fresh.key, fresh.body);
  const { orderId } = placed.body;
  if (orderId === undefined) throw new Error(`no new order afterwards: ${JSON.stringify(placed.body)}`);
  deepStrictEqual(
    fresh.applied(await ledger()).map((row) => row.orderId),
    [orderId],
  );
  const cancel = cancelOf(orderId);
  const canceled = await client.insist(cancel.path, "cancel the new one", cancel.body);
  deepStrictEqual([canceled.status, cancel.applied(await ledger()).length], [200, 1], JSON.stringify(canceled.body));
}

/** The gateway tells of every order what the exchange has of it, and takes none for somebody else's. */
export async function checkViews(scene: Scene): Promise<void> {
  const { client } = scene;
  const view = async () => {
    const ledger = (await scene.ledger()).map(standing);
    const open = (await client.ask("order/list?status=open"))?.body.orders ?? [];
    const states: (SeenOrder | undefined)[] = [];
    for (const { orderId } of ledger) states.push((await client.ask(`order/state?orderId=${orderId}`))?.body.order);
    return { ledger, open, states };
  };
  let last: unknown;
  await until(
    "the gateway's orders to be the exchange's",
    async () => {
      const { ledger, open, states } = await view();
      const told = {
        open: sorted(open.map(standing)),
        states: states.map((state) => state && standing(state)),
        external: [...open, ...states].filter((order) => order?.external !== false),
      };
      const wanted = {
        open: sorted(ledger.filter(({ status }) => OPEN.has(status))),
        states: ledger,
        external: [],
      };
      last = { told, wanted };
      return JSON.stringify(told) === JSON.stringify(wanted) || undefined;
    },
    () => last,
  );
}

const OPEN: ReadonlySet<string> = new Set(["PENDING", "OPEN", "PARTIALLY_FILLED", "PENDING_REPLACE", "PENDING_CANCEL"]);

function sorted<T extends { readonly orderId: string }>(rows: readonly T[]): readonly T[] {
  return rows.toSorted((a, b) => (a.orderId < b.orderId ? -1 : 1));
}

/** The journal leads to where the ledger is, tells nothing twice, and leaves nothing open. */
export async function checkJournal(scene: Scene): Promise<void> {
  const ledger = await scene.ledger();
  await scene.closeGateway();
  const reader = await readJournal(scene.journal);
  try {
    const orders = new Map<string, OrderRecord>();
    const anomalies: string[] = [];
    for (const { line } of reader.lines(0, Number.MAX_SAFE_INTEGER)) {
      if (line.kind === "anomaly") anomalies.push(line.message);
      if (line.kind !== "order" && line.kind !== "correction") continue;
      const { order } = line;
      const before = orders.get(order.orderId);
      if (before !== undefined && fingerprint(before) === fingerprint(order)) {
        throw new Error(`the same news of an order twice: ${JSON.stringify(order)}`);
      }
      orders.set(order.orderId, order);
    }
    deepStrictEqual(anomalies, []);
    deepStrictEqual(reader.unsettled(), []);
    const told = ledger.map(({ orderId }) => orders.get(orderId)).map((order) => order && standing(order));
    deepStrictEqual(told, ledger.map(standing));
  } finally {
    reader.close();
  }
}

function fingerprint(order: OrderRecord): string {
  const { asOf: _, updatedAt: __, ...news } = order;
  return JSON.stringify(news);
}
