/** One cell's stage: a world, a gateway in front of it, and a client. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { demoTradingTime } from "../../../src/exchange/demo-account.ts";
import type { LedgerRow } from "../../../src/testing/index.ts";
import type { GatewaySetup } from "../kill/gateway-setup.ts";
import { type Client, createClient, until } from "./client.ts";
import { type GatewayHere, type GatewayProcess, startHere, startProcess } from "./gateways.ts";
import type { Cell } from "./terms.ts";
import { INSTANCE, openPaper, openVendor, type PaperWorld, type Vendor } from "./worlds.ts";

export interface Scene extends AsyncDisposable {
  readonly cell: Cell;
  readonly client: Client;
  /** File of the gateway's journal. */
  readonly journal: string;
  /** @throws where the broker has none: the table must not send such a fault there. */
  vendor(): Vendor;
  paper(): PaperWorld;
  hasVendor(): boolean;
  /** The gateway, where it is one in this process. */
  here(): GatewayHere;
  /** The gateway, where it is a process of its own. */
  process(): GatewayProcess;
  /** Starts the gateway again, on the same journal. */
  startGateway(): Promise<void>;
  closeGateway(): Promise<void>;
  /** False where only the gateway tells what is in the ledger, so that nobody does while it is gone. */
  readonly isLedgerApart: boolean;
  ledger(): Promise<readonly LedgerRow[]>;
  fill(orderId: string, qty: number, price: number): void;
}

/** @param inProcess whether the gateway is to be a process of its own. */
export async function openScene(cell: Cell, inProcess: boolean): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "httptrading-matrix-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const journal = join(folder, "journal.db");

  const vendor = cell.broker === "paper" ? undefined : await openVendor(cell.broker);
  const paper = cell.broker === "paper" ? openPaper() : undefined;
  const world = vendor ?? paper;
  if (world === undefined) throw new Error(`there is nothing behind ${cell.broker}`);
  stack.defer(() => world.close());
  const setup: GatewaySetup["broker"] = vendor?.setup ?? {
    kind: "paper",
    stateFile: join(folder, "account.json"),
    clockOffset: demoTradingTime - Date.now(),
  };

  let url = "http://127.0.0.1:9";
  let here: GatewayHere | undefined;
  let process: GatewayProcess | undefined;
  const client = createClient(() => url);
  const missing = (what: string): never => {
    throw new Error(`${cell.broker} has no ${what} under the fault ${cell.fault}`);
  };
  async function startGateway(): Promise<void> {
    if (inProcess) {
      process = await startProcess({ ...INSTANCE, journal, broker: setup });
      url = process.url;
    } else {
      here = await startHere(world?.newBroker() ?? missing("broker"), journal);
      url = here.url;
    }
  }
  const closeGateway = async (): Promise<void> => {
    await here?.close();
    await process?.close();
  };
  stack.defer(closeGateway);
  await startGateway();

  const cleanup = stack.move();
  // An account that lives in the gateway's own process has no other ledger than what the gateway tells.
  const isLedgerApart = paper === undefined || !inProcess;
  return {
    cell,
    client,
    journal,
    vendor: () => vendor ?? missing("vendor"),
    paper: () => paper ?? missing("account in memory"),
    hasVendor: () => vendor !== undefined,
    here: () => here ?? missing("gateway in this process"),
    process: () => process ?? missing("gateway in a process of its own"),
    startGateway,
    closeGateway,
    isLedgerApart,
    ledger: async () => (isLedgerApart ? world.ledger() : toldLedger(client)),
    fill: (orderId, qty, price) => world.fill(orderId, qty, price),
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
}

function toldLedger(client: Client): Promise<readonly LedgerRow[]> {
  return until("the list of all orders", async () => {
    const orders = (await client.ask("order/list?status=all"))?.body.orders;
    return orders?.map(({ contract: { region, symbol }, ...order }) => {
      const { orderId, tag, direction, qty, price, orderType, status, filledQty } = order;
      return { orderId, tag, region, symbol, direction, qty, price, orderType, status, filledQty };
    });
  });
}
