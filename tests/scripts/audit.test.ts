import { expect, test } from "vitest";
import { auditVerdict } from "../../scripts/audit/verdict.ts";

test("a finding fails, with the package, the advisory and where to read of it", () => {
  const via = [
    { source: 1, name: "hono", title: "Lets everybody in", url: "https://advisories.example/1", range: "<1" },
  ];
  const report = {
    auditReportVersion: 2,
    vulnerabilities: {
      hono: { name: "hono", severity: "low", isDirect: true, via, range: "<1.0.0", fixAvailable: true },
      "@hono/node-server": { name: "@hono/node-server", severity: "low", via: ["hono"], range: "*" },
    },
  };
  const { text, fails } = auditVerdict(JSON.stringify(report));
  expect(fails).toBe(true);
  expect(text).toContain("hono <1.0.0: low: Lets everybody in (https://advisories.example/1)");
  expect(text).toContain("@hono/node-server *: low: through hono");
});

test("no finding passes", () => {
  const { text, fails } = auditVerdict(JSON.stringify({ auditReportVersion: 2, vulnerabilities: {} }));
  expect([text, fails]).toEqual(["No known vulnerability in what this package installs.", false]);
});

test.each([
  [
    "a registry without advisories",
    JSON.stringify({ message: "405 Method Not Allowed", statusCode: 405, error: { summary: "" } }),
    "405",
  ],
  ["no network", JSON.stringify({ error: { code: "ENOTFOUND", summary: "request failed" } }), "request failed"],
  ["no report at all", "", "npm is broken"],
])("%s passes, and says that nothing was looked at", (_name, stdout, told) => {
  const { text, fails } = auditVerdict(stdout, "npm is broken");
  expect(fails).toBe(false);
  expect(text).toMatch(/^NOT AUDITED: /);
  expect(text).toContain(told);
});
