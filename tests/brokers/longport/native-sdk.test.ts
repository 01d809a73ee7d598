import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { readSdkError } from "../../../src/brokers/longport/native.ts";
import { explainLoad, loadSdk } from "../../../src/brokers/longport/native-sdk.ts";
import { HttpFault, NoAnswer, toBrokerError, VendorRefusal } from "../../../src/brokers/longport/refusals.ts";
import { makeBroker, rejection } from "./setup.ts";

describe("the SDK", () => {
  test("is found where it is installed, or taken by hand in any form", async () => {
    const sdk = await loadSdk(undefined);
    expect(await loadSdk(sdk)).toBe(sdk);
    expect(await loadSdk({ default: sdk })).toBe(sdk);
  });

  test("that is something else is refused", async () => {
    expect(await rejection(loadSdk({}))).toMatchObject({
      code: "NotSupported",
      message: expect.stringMatching(/npm install/),
    });
  });

  test("of a version that is made and asked in another way is refused at the start, and not tried for ever", async () => {
    const { TradeContext, QuoteContext, NaiveDate } = await loadSdk(undefined);
    const Config = Object.assign(() => {}, { fromApikey() {} });
    const newer = { Config, TradeContext, QuoteContext, NaiveDate };
    for (const given of [newer, { default: newer }]) {
      expect(await rejection(loadSdk(given))).toMatchObject({
        code: "NotSupported",
        message: expect.stringMatching(/npm install longport@3/),
      });
    }
  });

  test.each([
    ["/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by longport.node)", /GLIBC_2\.38/],
    ["Error loading shared library libc.musl-x86_64.so.1: No such file or directory", /musl/],
    ["Cannot find module 'longport-linux-arm64-gnu'", /npm install longport-linux-arm64-gnu/],
    ["something else", /something else/],
  ])("that does not load for %s says so, and what to do instead", (text, expected) => {
    const message = explainLoad(new Error("Cannot find native binding.", { cause: new Error(text) }));
    expect(message).toMatch(expected);
    expect(message).toMatch(/transport: "web"/);
  });
});

describe("the SDK's own loader", () => {
  /** The loader of the installed SDK in a folder of its own, beside whatever `prepare` puts there. */
  async function loadAlone(prepare: (folder: string) => Promise<void>): Promise<Error> {
    const root = await mkdtemp(join(tmpdir(), "longport-my-gateway-"));
    onTestFinished(() => rm(root, { recursive: true, force: true }));
    const folder = join(root, "node_modules", "longport");
    await mkdir(folder, { recursive: true });
    const installed = dirname(createRequire(import.meta.url).resolve("longport"));
    for (const file of ["index.js", "package.json"]) await copyFile(join(installed, file), join(folder, file));
    await prepare(folder);
    try {
      createRequire(join(root, "program.js"))("longport");
    } catch (error) {
      if (error instanceof Error) return error;
    }
    throw new Error("the SDK loaded without its binary");
  }

  /** The package with the binary for this system, as npm names it. */
  async function partOf(): Promise<string> {
    const { message } = Object(await loadAlone(async () => {}));
    expect(message).toMatch(/native binding/);
    return /'(longport-[^']+)'/.exec(String((await loadAlone(async () => {})).cause))?.[1] ?? "";
  }

  test("that finds no binary is explained with the package that is missing", async () => {
    const part = await partOf();
    expect(part).toMatch(/^longport-\w+-\w+/);
    expect(explainLoad(await loadAlone(async () => {}))).toContain(`npm install ${part} `);
  });

  test("whose binary does not load is explained with what the system said", async () => {
    const part = await partOf();
    const error = await loadAlone(async (folder) => {
      const beside = join(folder, "..", part);
      await mkdir(beside);
      const main = `${part.replace("longport-", "longport.")}.node`;
      await writeFile(join(beside, "package.json"), JSON.stringify({ name: part, version: "3.0.18", main }));
      await writeFile(join(beside, main), "no binary");
    });
    const message = explainLoad(error);
    expect(message).toMatch(/does not load|lacks its optional package/);
    expect(message).toMatch(/transport: "web"/);
  });
});

test("a broker whose SDK is of no use does not start, and says what to do", async () => {
  const broker = makeBroker(9, { transport: "native", sdk: {} });
  const host = { onOrder: () => {}, onConnection: () => {} };
  expect(await rejection(broker.start(host))).toMatchObject({
    code: "NotSupported",
    message: expect.stringMatching(
      /^the option sdk is not the library longport; run: npm install longport.*transport: "web"/,
    ),
  });
});

describe("what the SDK says", () => {
  test.each([
    ["openapi error: code=603054: order not found", VendorRefusal, { code: 603054, message: "order not found" }],
    [
      'response error: 7: detail:Some(WsResponseErrorDetail { code: 301600, msg: "invalid symbol" })',
      VendorRefusal,
      { code: 301600, message: "invalid symbol" },
    ],
    ["status error: 502 Bad Gateway", HttpFault, { status: 502 }],
    ["Client is closed", NoAnswer, { late: false }],
    ["request timeout", NoAnswer, { late: true }],
  ])("%s is understood", (text, kind, fields) => {
    const error = readSdkError(new Error(text));
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject(fields);
  });
});

describe("refusals", () => {
  const outcome = (error: unknown, purpose: "read" | "place") => {
    const { code, outcome: became } = toBrokerError(error, "it", purpose);
    return [code, became];
  };

  test.each([
    [429002, "too many", "RateLimited", "not_sent"],
    [401003, "token expired", "AuthenticationFailed", "not_sent"],
    [403201, "signature invalid", "AuthenticationFailed", "not_sent"],
    [500000, "internal error", "OutcomeUnknown", "unknown"],
    [602001, "request timeout, look at your orders", "OutcomeUnknown", "unknown"],
    [602001, "context deadline exceeded", "OutcomeUnknown", "unknown"],
    [602001, "the system is busy, please try again later", "OutcomeUnknown", "unknown"],
    [602001, "Internal server error", "OutcomeUnknown", "unknown"],
    [602001, "the time outside of trading hours is not allowed", "OrderRejected", "rejected"],
    [603301, "no short selling", "OrderRejected", "rejected"],
    [602037, "Symbol not found", "UnknownContract", "rejected"],
    [603302, "Insufficient buying power", "InsufficientFunds", "rejected"],
  ])("%i of a submit (%s) is %s, %s", (code, text, expected, became) => {
    expect(outcome(new VendorRefusal(code, text), "place")).toEqual([expected, became]);
  });

  test("an answer in the service's place is a fault of a read and leaves a write unknown, but for 429", () => {
    expect(outcome(new HttpFault(502), "read")).toEqual(["BrokerFault", undefined]);
    expect(outcome(new HttpFault(502), "place")).toEqual(["OutcomeUnknown", "unknown"]);
    expect(outcome(new HttpFault(302), "place")).toEqual(["OutcomeUnknown", "unknown"]);
    expect(outcome(new HttpFault(429), "place")).toEqual(["RateLimited", "not_sent"]);
  });

  test("only what never left is not sent", () => {
    expect(outcome(new NoAnswer("refused", { sent: false }), "place")).toEqual(["NotConnected", "not_sent"]);
    expect(outcome(new NoAnswer("reset"), "place")).toEqual(["OutcomeUnknown", "unknown"]);
    expect(outcome(new NoAnswer("late", { late: true }), "place")).toEqual(["OutcomeUnknown", "unknown"]);
    expect(outcome(new NoAnswer("late", { late: true }), "read")).toEqual(["Timeout", undefined]);
    expect(outcome(new TypeError("what"), "place")).toEqual(["OutcomeUnknown", "unknown"]);
  });
});
