import { expect, test } from "vitest";
import { brokerConformance, runConformance } from "../../src/testing/index.ts";
import { toyStage } from "./toy/toy-broker.ts";

test("a broker that keeps every promise passes every check that says something about it", async () => {
  const results = await runConformance(toyStage());
  expect(results.filter(({ status }) => status === "failed")).toEqual([]);
  const gapsOfTheStage = results.filter((one) => one.status === "not applicable" && one.missing === "stage");
  expect(gapsOfTheStage).toEqual([]);
});

test("every check has a name of its own", () => {
  const names = brokerConformance.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
});
