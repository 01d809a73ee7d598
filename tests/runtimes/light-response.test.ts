/** The class that answers are made of on Node is the adapter's, and nobody else's. */
import { expect, test } from "vitest";
import { lightResponse } from "../../src/runtime/light-response.ts";

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
