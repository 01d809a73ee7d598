/** Keys in every form the vendor hands out, and signatures as Node's own cryptography makes them. */
import { generateKeyPairSync, createSign as nodeSign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { textToSign } from "../../../src/brokers/tiger/gateway.ts";
import { parseJson, writeJson } from "../../../src/brokers/tiger/json.ts";
import { createSign, createVerify, readPrivateKey, readPublicKey } from "../../../src/brokers/tiger/keys.ts";

const TEXT = `biz_content={"account":"U1","id":7}&charset=UTF-8&method=orders&text=老虎`;

describe.each([1024, 2048])("a key of %s bits", (modulusLength) => {
  const pair = generateKeyPairSync("rsa", { modulusLength });
  const expected = nodeSign("RSA-SHA1").update(TEXT).sign(pair.privateKey, "base64");
  const pem = (type: "pkcs1" | "pkcs8") => pair.privateKey.export({ type, format: "pem" }).toString();
  const bare = (type: "pkcs1" | "pkcs8") => pair.privateKey.export({ type, format: "der" }).toString("base64");
  const publicKey = pair.publicKey.export({ type: "spki", format: "der" }).toString("base64");

  test.each([
    ["PKCS#1 in PEM", pem("pkcs1")],
    ["PKCS#8 in PEM", pem("pkcs8")],
    ["PKCS#1 in bare base64", bare("pkcs1")],
    ["PKCS#8 in bare base64", bare("pkcs8")],
    ["PKCS#1 in PEM with other line ends", pem("pkcs1").replaceAll("\n", "\r\n")],
    ["PKCS#8 in bare base64, broken into lines", bare("pkcs8").replace(/.{64}/g, "$&\n")],
  ])("as %s signs as every other RSA does", async (_form, key) => {
    const sign = await createSign(readPrivateKey(key));
    expect(await sign(TEXT)).toBe(expected);
  });

  test("verifies its own signature and no other", async () => {
    const verify = await createVerify(readPublicKey(publicKey));
    expect(await verify(TEXT, expected)).toBe(true);
    expect(await verify(`${TEXT} `, expected)).toBe(false);
    expect(
      await verify(
        TEXT,
        expected.replace(/^./, (first) => (first === "A" ? "B" : "A")),
      ),
    ).toBe(false);
    expect(await verify(TEXT, "")).toBe(false);
    expect(await verify(TEXT, "no base64!")).toBe(false);
  });

  test.each([
    ["nothing", ""],
    ["words", "rsa_private_key.pem"],
    ["a public key", publicKey],
    ["a key cut short", bare("pkcs1").slice(0, 80)],
    ["a key in the wrong armour", pem("pkcs1").replaceAll("RSA PRIVATE", "EC PRIVATE")],
  ])("is not %s, which is refused without being shown", (_what, text) => {
    expect(() => readPrivateKey(text)).toThrow(TypeError);
    try {
      readPrivateKey(text);
    } catch (error) {
      if (text !== "") expect(String(error)).not.toContain(text);
    }
  });

  test("is not taken for a public key", () => {
    expect(() => readPublicKey(bare("pkcs1"))).toThrow(TypeError);
    expect(() => readPublicKey(pem("pkcs8"))).toThrow(TypeError);
  });
});

test("what is signed is sorted by name, as it is sent", () => {
  const text = textToSign({
    version: "2.0",
    tiger_id: "20150001",
    method: "orders",
    charset: "UTF-8",
    timestamp: "2026-11-22 20:05:52",
    sign_type: "RSA",
    biz_content: '{"account":"U1","id":7}',
  });
  expect(text).toBe(
    'biz_content={"account":"U1","id":7}&charset=UTF-8&method=orders&sign_type=RSA&tiger_id=20150001&timestamp=2026-11-22 20:05:52&version=2.0',
  );
});

describe("JSON", () => {
  test("keeps the digits of ids above 2^53", () => {
    const text = '{"data":{"id":40130857465156608,"ids":[9007199254740993],"small":7,"price":1.5,"big":1e30}}';
    expect(parseJson(text)).toEqual({
      data: { id: "40130857465156608", ids: ["9007199254740993"], small: 7, price: 1.5, big: 1e30 },
    });
  });

  test("writes ids as plain digits and leaves out what is not there", () => {
    expect(
      writeJson({ id: 40130857465156608n, symbols: ["A", "B"], a: 'b"', n: 1.25, gone: undefined, on: false }),
    ).toBe('{"id":40130857465156608,"symbols":["A","B"],"a":"b\\"","n":1.25,"on":false}');
  });
});
