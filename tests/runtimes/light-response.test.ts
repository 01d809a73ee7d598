/** The class that answers are made of on Node is the adapter's, and nobody else's. */
import { expect, test } from "vitest";
import { defineApi } from "../../mod.ts";
import { lightResponse } from "../../src/runtime/light-response.ts";
import { serve } from "../../src/runtime/node.ts";
import { exampleBroker, gatewayOf, INSTANCE, TOKEN } from "../http/gateway.ts";

const described = () =>
  (["Request", "Response"] as const).map((name) => Object.getOwnPropertyDescriptor(globalThis, name));

test("the global classes are as they were", () => {
  const before = described();
  lightResponse();
  expect(described()).toEqual(before);
  expect(before.map((descriptor) => descriptor?.configurable)).toEqual([true, true]);
});

test("its answers are the global class's to everybody who looks", async () => {
  const Light = lightResponse();
  expect(Light).not.toBe(Response);
  const answer = new Light("{}", { status: 201, headers: { "x-one": "1" } });
  expect(answer).toBeInstanceOf(Response);
  const wrapped = new Response(answer.body, answer);
  expect([wrapped.status, wrapped.headers.get("x-one"), await wrapped.text()]).toEqual([201, "1", "{}"]);
});

test("its answers tell whether they were read, and asking changes nothing about how they are written", async () => {
  const Light = lightResponse();
  const answer = new Light("{}", { status: 201 });
  const parts = Object.getOwnPropertySymbols(answer);
  expect(answer.bodyUsed).toBe(false);
  expect(Object.getOwnPropertySymbols(answer)).toEqual(parts);
  expect([await answer.text(), answer.bodyUsed]).toEqual(["{}", true]);
});

test.each([
  ["a header that no answer can have", { headers: { "x-name": "富途" } }],
  ["a header whose name is none", { headers: { "x name": "1" } }],
  ["a status that is none", { status: 1000 }],
])("%s from an API of one's own is answered in the envelope, and says that an order may have left", async (_, init) => {
  const errors: unknown[] = [];
  const buy = defineApi({ name: "buy", method: "POST", path: "buy", handler: ({ respond }) => respond({}, init) });
  const trading = gatewayOf(exampleBroker(), { extendApis: [buy], onError: (error) => errors.push(error) });
  await using server = await serve(trading, { port: 0, signals: false, print: () => {} });
  const answer = await fetch(`${server.url}/httptrading/api/${INSTANCE}/buy`, {
    method: "POST",
    headers: { "HT-TOKEN": TOKEN },
  });
  expect([answer.status, await answer.json()]).toMatchObject([504, { error: { outcome: "unknown" } }]);
  expect(errors).toHaveLength(1);
});
