/** Options under the names of another project, or misspelt: all of them are told at once. */
import { expect, test } from "vitest";
import { futu } from "../../../src/brokers/futu/index.ts";
import { interactiveBrokers } from "../../../src/brokers/interactive-brokers/index.ts";
import { longport } from "../../../src/brokers/longport/index.ts";
import { paper } from "../../../src/brokers/paper/index.ts";
import { tiger } from "../../../src/brokers/tiger/index.ts";

const INSTANCE = { instanceId: "WyLqtMhDvAnBb6a3", tokens: ["Vt5UCW2sLBvgPXjR"] };

test.each([
  ["futu", futu, ["trade_env", "pk_path", "unlock_pin"]],
  ["interactiveBrokers", interactiveBrokers, ["client_id", "account_id"]],
  ["longport", longport, ["app_key", "app_secret", "token_file", "auto_refresh_token"]],
  ["paper", paper, ["cahs", "sede"]],
  ["tiger", tiger, ["tiger_id", "pk_path", "mac_address"]],
] as const)("%s names each option that it does not know", (kind, make, names) => {
  const options = { ...INSTANCE, ...Object.fromEntries(names.map((name) => [name, "x"])) };
  expect(() => make(options as never)).toThrow(names.map((name) => `${name} is not an option of ${kind}`).join("; "));
});

test.each([
  [
    "paper",
    paper,
    { prices: [{ contract: { symbol: "AAPL", sym: 1, reg: 2 }, price: 1, lot: 1, close: 1 }] },
    ["prices.0.contract.sym", "prices.0.contract.reg", "prices.0.lot", "prices.0.close"],
  ],
  ["tiger", tiger, { pushTls: { cert: "x", key: "y" } }, ["pushTls.cert", "pushTls.key"]],
] as const)("%s names each that it does not know within another", (kind, make, options, names) => {
  for (const name of names) {
    expect(() => make({ ...INSTANCE, ...options } as never)).toThrow(`${name} is not an option of ${kind}`);
  }
});
