/** Canaries: whatever is asked and whatever goes wrong, no secret is in an answer, an event, the journal, a log or an object. */
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { expect, onTestFinished, test, vi } from "vitest";
import { createHttpTrading } from "../../../mod.ts";
import { CLIENT_PRIVATE_KEY } from "../../../simulators/tiger/keys.ts";
import type { TigerServer } from "../../../simulators/tiger/server.ts";
import { sqliteJournal } from "../../../src/journal/sqlite.ts";
import { makeBroker, openTiger } from "./setup.ts";

const INSTANCE = "tigerInstance0000001";
const TOKEN = "tigerInstanceToken01";
const LICENCE = "canaryOfTheLicence";
const INSTITUTION = "canaryOfTheInstitution";
const ORDER = {
  tradeType: "Securities",
  region: "US",
  symbol: "AAPL",
  price: 190,
  qty: 10,
  orderType: "Limit",
  timeInForce: "DAY",
  lifecycle: "RTH",
  direction: "BUY",
};

/** The key's lines, whatever armour they would be in, and the rest; the instance id is part of every answer. */
function canaries(key: string): readonly string[] {
  const lines = key.split("\n").filter((line) => line.length > 30 && !line.startsWith("-----"));
  return [...lines, TOKEN, LICENCE, INSTITUTION];
}

/** Everything that a gateway says of itself while all goes well, then while each thing that can go wrong does. */
async function everythingSaid(tiger: TigerServer, key: string): Promise<string> {
  const said: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, "write").mockImplementation((chunk) => said.push(String(chunk)) > 0);
  }
  for (const name of ["log", "info", "warn", "error", "debug"] as const) {
    vi.spyOn(console, name).mockImplementation((...words) => void said.push(inspect(words)));
  }
  const folder = await mkdtemp(join(tmpdir(), "httptrading-canary-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "journal.db");
  const broker = makeBroker(tiger, { privateKey: key, token: LICENCE, secretKey: INSTITUTION, deadlineMs: 5000 });
  const trading = createHttpTrading({ brokers: [broker], journal: sqliteJournal(file) });

  const ask = async (path: string, body?: unknown): Promise<string> => {
    const response = await trading.fetch(
      new Request(`http://127.0.0.1/httptrading/api/${INSTANCE}/${path}`, {
        headers: { "HT-TOKEN": TOKEN, "Content-Type": "application/json" },
        ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      }),
    );
    const text = await response.text();
    said.push(JSON.stringify([...response.headers]), text);
    return text;
  };
  const askAll = async (): Promise<void> => {
    await Promise.all(
      ["ping/state", "cash/state", "position/state", "market/state", "capabilities"].map((path) => ask(path)),
    );
    await ask("market/quote?tradeType=Securities&region=US&symbol=AAPL");
    const { orderId = "40130857465156609" } = JSON.parse(await ask("order/place", ORDER)) as { orderId?: string };
    await ask("order/replace", { orderId, qty: 11 });
    await ask(`order/state?orderId=${orderId}`);
    await ask("order/cancel", { orderId });
    await ask("order/list?status=all");
    await ask("order/intents?state=unknown");
  };

  await askAll();
  for (const kind of ["tamper", "html", "http-500", "clock", "lose-answer", "drop"] as const) {
    tiger.faults.arm({ kind, count: 3 });
    await askAll();
    tiger.faults.clear();
  }
  said.push(inspect(broker, { depth: 9, showHidden: true }), JSON.stringify(broker), String(broker));
  said.push(inspect(trading, { depth: 9, showHidden: true }), JSON.stringify(trading) ?? "");
  await trading.close();
  await askAll();
  said.push(readFileSync(file, "latin1"));
  vi.restoreAllMocks();
  return said.join("\n");
}

test.each([
  ["the developer's key", CLIENT_PRIVATE_KEY],
  [
    "a key that the vendor refuses",
    generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  ],
])(
  "no secret is said with %s",
  async (_which, key) => {
    const said = await everythingSaid(await openTiger({ limits: false }), key);
    expect(said).toContain('"broker":"tiger"');
    for (const [index, canary] of canaries(key).entries()) expect(said.includes(canary), `canary ${index}`).toBe(false);
    expect(canaries(key).length).toBeGreaterThan(10);
  },
  120_000,
);
