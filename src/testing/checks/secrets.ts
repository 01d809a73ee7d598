/** Secrets never leave the closure. */
import { isBrokerError } from "../../spec/broker-error.ts";
import { instanceOf } from "../../spec/define-broker.ts";
import type { ConformanceCheck } from "../check.ts";
import { ConformanceError, expect } from "../expect.ts";
import { check, rejectionOf, type Scene } from "../scene.ts";
import { canRest, cashCurrency, limitRow, newTag, requestFor } from "../trade.ts";
import { methods } from "./needing.ts";

export const secretChecks: readonly ConformanceCheck[] = [
  check("has no secret on the object", [], async (scene) => {
    expectNoSecret(scene, "the broker's own properties", textOf(scene.broker));
    expectNoSecret(scene, "JSON.stringify(broker)", JSON.stringify(scene.broker));
    expectNoSecret(scene, "String(broker)", String(scene.broker));
    expectNoSecret(scene, "the capabilities", JSON.stringify(scene.broker.capabilities()));
  }),

  check("puts no secret into what it reports", [], async (scene) => {
    const { broker } = scene;
    if (broker.cash !== undefined) expectNoSecret(scene, "the cash", textOf(await scene.cash(cashCurrency(scene))));
    if (broker.orders !== undefined) expectNoSecret(scene, "orders", textOf(await scene.orders({ status: "all" })));
    if (broker.positions !== undefined) expectNoSecret(scene, "positions", textOf(await scene.positions()));
    expectNoSecret(scene, "connection states", textOf(scene.connections));
  }),

  check("puts no secret into an error", methods("close"), async (scene) => {
    const errors = [...(await provoke(scene))];
    await scene.venue.limit?.("read");
    errors.push(...(await provoke(scene)));
    await scene.venue.drop?.("read");
    errors.push(...(await provoke(scene)));
    if (canRest(scene) && scene.venue.loseAnswer !== undefined) {
      await scene.venue.loseAnswer("place");
      errors.push(await rejectionOf(scene.place({ ...requestFor(scene, limitRow(scene)), tag: newTag() })));
    }
    await scene.closeBroker();
    errors.push(...(await provoke(scene)));
    for (const error of errors) {
      if (error instanceof ConformanceError) throw error;
      const name = isBrokerError(error) ? error.code : "an error";
      expectNoSecret(scene, `${name} thrown by the broker`, textOf(error));
    }
    expectNoSecret(scene, "a connection state", textOf(scene.connections));
  }),
];

async function provoke(scene: Scene): Promise<readonly unknown[]> {
  const { broker, stage } = scene;
  const signal = AbortSignal.abort();
  const unknownId = stage.unknownOrderId ?? "0";
  // Made before a call is under way: what fails here would leave those unheard.
  const request = canRest(scene) ? requestFor(scene, limitRow(scene)) : undefined;
  const calls: Promise<unknown>[] = [];
  if (broker.order !== undefined) calls.push(scene.order(unknownId), scene.order(unknownId, { signal }));
  if (broker.cancelOrder !== undefined) calls.push(scene.cancel(unknownId));
  if (broker.replaceOrder !== undefined) calls.push(scene.replace(unknownId, { price: 1 }));
  if (broker.orders !== undefined) calls.push(scene.orders({ status: "all", fresh: true }, { signal }));
  if (broker.positions !== undefined) calls.push(scene.positions({ signal }));
  if (broker.cash !== undefined) calls.push(scene.cash(cashCurrency(scene), { signal }), scene.cash("XTS"));
  if (broker.quote !== undefined && stage.unknownContract !== undefined) calls.push(scene.quote(stage.unknownContract));
  if (request !== undefined) {
    calls.push(scene.place({ ...request, contract: { ...request.contract, region: "ZZ" }, tag: newTag() }));
    calls.push(scene.place({ ...request, tag: newTag() }, { signal }));
  }
  const errors = await Promise.all(calls.map(rejectionOf));
  return errors.filter((error) => error !== undefined);
}

function expectNoSecret(scene: Scene, where: string, text: string): void {
  const instance = instanceOf(scene.broker);
  const tokens = (instance?.tokens ?? []).map((token) => (typeof token === "string" ? token : token.token));
  const secrets = [instance?.instanceId, ...tokens, ...(scene.stage.secrets ?? [])];
  const found = secrets.findIndex((secret) => secret !== undefined && secret !== "" && text.includes(secret));
  const name = found === 0 ? "the instance id" : found <= tokens.length ? "a token" : "a vendor secret";
  expect(found === -1, () => `${where} shows ${name}`);
}

/** Every text that is reachable through own properties, hidden ones and causes too, each object once. */
function textOf(root: unknown): string {
  const seen = new Set<object>();
  const texts: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value === "string") texts.push(value);
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    for (const key of Reflect.ownKeys(value)) {
      texts.push(String(key));
      visit(Reflect.get(value, key));
    }
  };
  visit(root);
  return texts.join("\n");
}
