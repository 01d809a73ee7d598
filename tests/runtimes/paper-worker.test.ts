/** A paper account with the prices of another broker as a worker, of which no request may use what another one opened. */
import { Miniflare } from "miniflare";
import { expect, test } from "vitest";
import { bundleWorker, fetchFrom } from "./worker-bundle.ts";

const SECRETS = { INSTANCE_ID: "workerInstance01", TOKEN: "workerToken_0001" };
const API = `http://127.0.0.1/httptrading/api/${SECRETS.INSTANCE_ID}`;

test("every request gets prices, and its orders meet them", async () => {
  const script = await bundleWorker("tests/runtimes/programs/quoted-paper-worker.ts");
  const worker = new Miniflare({ modules: true, script, bindings: SECRETS, compatibilityDate: "2026-01-01" });
  const headers = { "HT-TOKEN": SECRETS.TOKEN, "content-type": "application/json" };
  const contract = { tradeType: "Securities", region: "US", symbol: "AAPL" };
  const terms = { direction: "BUY", orderType: "Limit", timeInForce: "GTC", lifecycle: "RTH", qty: 1, price: 100 };
  const quote = () => fetchFrom(worker, `${API}/market/quote?${new URLSearchParams(contract)}`, { headers });
  const place = () =>
    fetchFrom(worker, `${API}/order/place`, {
      method: "POST",
      headers,
      body: JSON.stringify({ ...contract, ...terms }),
    });
  for (let round = 0; round < 3; round += 1) {
    for (const answer of await Promise.all([quote(), place(), quote(), place()])) {
      expect(await answer.json()).toMatchObject({ ex: null });
    }
  }
  await worker.dispose();
});
