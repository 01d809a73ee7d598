/** What the gateway lets in: signatures over the raw text, clocks, and what it signs itself. */
import { generateKeyPairSync } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startTiger, type TigerServer } from "../../simulators/tiger/server.ts";
import { clockError, signedText } from "../../simulators/tiger/signature.ts";
import {
  ask,
  BUY,
  isVendorsSignature,
  LIVE,
  parametersOf,
  post,
  replyOf,
  signed,
  timestampNow,
} from "./tiger-client.ts";

let tiger: TigerServer;

beforeEach(async () => {
  tiger = await startTiger();
});

afterEach(() => tiger.close());

const send = async (parameters: unknown) => {
  const response = await post(tiger, JSON.stringify(parameters));
  return replyOf(response.status, await response.text());
};

test("the text that is signed is the vendor's own example, whatever else is sent", () => {
  const parameters = {
    version: "2.0",
    tiger_id: "20150001",
    method: "orders",
    charset: "UTF-8",
    sign_type: "RSA",
    timestamp: "2026-11-22 20:05:52",
    biz_content: '{"account":"U1","id":7}',
    sign: "left out",
  };
  expect(signedText(parameters)).toBe(
    'biz_content={"account":"U1","id":7}&charset=UTF-8&method=orders&sign_type=RSA&tiger_id=20150001&timestamp=2026-11-22 20:05:52&version=2.0',
  );
  expect(signedText({ ...parameters, language: "en_US", device_id: "aa" })).toContain(
    "&charset=UTF-8&device_id=aa&language=en_US&method=orders&",
  );
});

describe("a request", () => {
  test("is let in with or without a device, a language and a biz_content, and again with the same signature", async () => {
    const request = signed(parametersOf("user_license", undefined, { language: "en_US" }));
    expect(await send(request)).toMatchObject({ code: 0, data: { license: "TBNZ" } });
    expect(await send(request)).toMatchObject({ code: 0 });
    const { device_id: _device, ...bare } = parametersOf("user_license", {});
    expect(await send(signed(bare))).toMatchObject({ code: 0 });
  });

  test("with one byte changed anywhere is refused, and nothing is done", async () => {
    const request = signed(parametersOf("place_order", BUY));
    const changed = [
      { ...request, biz_content: String(request["biz_content"]).replace("190.5", "191.5") },
      { ...request, biz_content: String(request["biz_content"]).replace(',"', ', "') },
      { ...request, timestamp: timestampNow(1000) },
      { ...request, device_id: "02:00:00:00:00:02" },
      { ...request, version: "3.0" },
      { ...request, language: "en_US" },
      { ...request, sign: String(request["sign"]).replace(/^./, (letter) => (letter === "A" ? "B" : "A")) },
      { ...request, sign: "not base64!" },
    ];
    for (const each of changed) {
      expect(await send(each)).toMatchObject({
        status: 200,
        code: 1000,
        message: "common param error(failed to verify signature, please make sure you use the correct rsa private key)",
      });
    }
    expect(tiger.venue.orders()).toEqual([]);
    expect(await send(request)).toMatchObject({ code: 0 });
  });

  test("signed with another key, or of another developer, is refused", async () => {
    const { privateKey } = generateKeyPairSync("rsa", {
      modulusLength: 1024,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs1", format: "pem" },
    });
    const parameters = parametersOf("user_license", {});
    expect(await send(signed(parameters, privateKey))).toMatchObject({ code: 1000 });
    expect(await send(signed({ ...parameters, tiger_id: "20150002" }))).toMatchObject({
      code: 1000,
      message: "common param error(failed to get developer information)",
    });
  });

  test.each(["tiger_id", "method", "charset", "version", "sign_type", "timestamp", "sign"])(
    "without %s is refused by name",
    async (name) => {
      const { [name]: _left, ...request } = signed(parametersOf("user_license", {}));
      expect(await send(request)).toMatchObject({
        code: 1000,
        message: `common param error(field '${name}' cannot be empty)`,
      });
    },
  );

  test("that is no JSON, or elsewhere, is refused", async () => {
    expect(replyOf(200, await (await post(tiger, "[1]")).text())).toMatchObject({ code: 1000 });
    expect(replyOf(200, await (await post(tiger, "{"))["text"]())).toMatchObject({ code: 1000 });
    expect((await fetch(`http://127.0.0.1:${tiger.port}/gateway`)).status).toBe(404);
    expect((await fetch(`http://127.0.0.1:${tiger.port}/other`, { method: "POST" })).status).toBe(404);
    expect(await ask(tiger, "no_such_method", {})).toMatchObject({
      code: 1000,
      message: "common param error(the current requested method does not support)",
    });
    expect(await ask(tiger, "orders", "{account")).toMatchObject({ code: 1010 });
  });
});

describe("the clock", () => {
  const HOUR = 3_600_000;

  test.each([0, 8 * HOUR, -5 * HOUR, 5.75 * HOUR, 14 * HOUR, -12 * HOUR, 20_000, 8 * HOUR - 20_000])(
    "of any zone is taken: %d ms",
    async (off) => {
      expect(await ask(tiger, "user_license", {}, { timestamp: timestampNow(off) })).toMatchObject({ code: 0 });
    },
  );

  test.each([5 * 60_000, -3 * 60_000, 8 * HOUR + 4 * 60_000, 15 * HOUR, -13 * HOUR])(
    "that is off is refused: %d ms",
    async (off) => {
      expect(await ask(tiger, "user_license", {}, { timestamp: timestampNow(off) })).toMatchObject({
        code: 1000,
        message: expect.stringContaining("timestamp is expired"),
      });
    },
  );

  test("is refused in another form", async () => {
    expect(await ask(tiger, "user_license", {}, { timestamp: new Date().toISOString() })).toMatchObject({
      message: expect.stringContaining("'yyyy-MM-dd HH:mm:ss'"),
    });
    expect(clockError(Date.UTC(2026, 0, 1, 8, 1), Date.UTC(2026, 0, 1))).toBe(60_000);
  });
});

describe("an answer", () => {
  test("is signed over the request's timestamp alone, a refusal too", async () => {
    const timestamp = timestampNow();
    const { sign } = await ask(tiger, "user_license", {}, { timestamp });
    expect(isVendorsSignature(timestamp, sign, tiger.vendorPublicKey)).toBe(true);
    expect(isVendorsSignature(timestampNow(1000), sign, tiger.vendorPublicKey)).toBe(false);
    const refused = await ask(tiger, "orders", {}, { timestamp });
    expect(refused.code).toBe(1010);
    expect(isVendorsSignature(timestamp, refused.sign, tiger.vendorPublicKey)).toBe(true);
  });

  test("that is tampered with bears a signature that is not its own", async () => {
    tiger.faults.arm({ kind: "tamper", on: "place" });
    const timestamp = timestampNow();
    const { code, sign } = await ask(tiger, "place_order", BUY, { timestamp });
    expect(code).toBe(0);
    expect(isVendorsSignature(timestamp, sign, tiger.vendorPublicKey)).toBe(false);
    expect(tiger.venue.orders()).toHaveLength(1);
  });

  test("may hold its data as JSON text", async () => {
    const other = await startTiger({ dataAsText: true });
    try {
      const { text, data } = await ask(other, "place_order", BUY);
      expect(text).toContain('"data":"{\\"id\\":4');
      expect(data["id"]).toBeTypeOf("bigint");
      expect((await ask(other, "positions", { account: LIVE })).text).toContain('"data":"{\\"items\\":[');
    } finally {
      await other.close();
    }
  });
});
