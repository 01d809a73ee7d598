/** Bytes and texts on the wire, against values that the vendor's own client agreed with. */
import { describe, expect, test } from "vitest";
import { bodyOf, decodePacket, encodeRequest } from "../../../src/brokers/longport/frames.ts";
import { queryText } from "../../../src/brokers/longport/http.ts";
import { parseJson } from "../../../src/brokers/longport/messages.ts";
import { CMD, readError, writeCredential } from "../../../src/brokers/longport/protobuf.ts";
import { signatureHeader } from "../../../src/brokers/longport/signature.ts";

const CALLER = { appKey: "ak", accessToken: "at-1", timestamp: "1700000000" } as const;
const BODY =
  '{"symbol":"AAPL.US","order_type":"LO","side":"Buy","submitted_quantity":"10","time_in_force":"Day","submitted_price":"100.5","expire_date":null,"outside_rth":"RTH_ONLY"}';

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function buffer(text: string): ArrayBuffer {
  return new Uint8Array(Buffer.from(text, "hex")).buffer;
}

describe("the signature", () => {
  test.each([
    [
      "GET",
      "/v1/asset/account",
      "currency=USD",
      "",
      "e3891bf3937816cc32ebbafa10c1548b61c4cad81962a60698adf2d1bf81adf7",
    ],
    ["GET", "/v1/asset/stock", "", "", "264941de6d1424786f2e7640623c6482ef53ff50aa2800441cb0fe6e5c5a9ffd"],
    ["POST", "/v1/trade/order", "", BODY, "0717169b7ea797f5b0a5936d7d05313c9e86eea879ab882aa4e278a2d351503d"],
  ])("of %s %s is the vendor's", async (method, path, query, body, signature) => {
    expect(await signatureHeader({ ...CALLER, method, path, query, body }, "as")).toBe(
      `HMAC-SHA256 SignedHeaders=authorization;x-api-key;x-timestamp, Signature=${signature}`,
    );
  });

  test("changes with everything that is signed", async () => {
    const parts = { ...CALLER, method: "GET", path: "/a", query: "b=1", body: "{}" };
    const changed = ["method", "path", "query", "body", "appKey", "accessToken", "timestamp"].map((name) =>
      signatureHeader({ ...parts, [name]: "x" }, "as"),
    );
    const all = await Promise.all([signatureHeader(parts, "as"), signatureHeader(parts, "at"), ...changed]);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe("packets", () => {
  test("the request to authenticate is the vendor's, byte for byte", () => {
    expect(hex(encodeRequest(CMD.auth, 1, 5000, writeCredential("otp123", {})))).toBe(
      "01020000000113880000080a066f7470313233",
    );
  });

  test("answers and pushes are read, with the nonce and signature that may stand behind them", async () => {
    const answer = decodePacket(buffer("020200000001000000020801"));
    expect(answer).toMatchObject({ type: "response", cmd: 2, id: 1, status: 0 });
    expect(hex(await bodyOf(answer))).toBe("0801");
    const signed = decodePacket(buffer(`1312000002abcd${"00".repeat(24)}`));
    expect(signed).toMatchObject({ type: "push", cmd: 18 });
    expect(hex(await bodyOf(signed))).toBe("abcd");
  });

  test("a compressed body is unpacked", async () => {
    const stream = new Blob(["hello"]).stream().pipeThrough(new CompressionStream("gzip"));
    const zipped = hex(new Uint8Array(await new Response(stream).arrayBuffer()));
    const length = (zipped.length / 2).toString(16).padStart(6, "0");
    const push = decodePacket(buffer(`2312${length}${zipped}`));
    expect(Buffer.from(await bodyOf(push)).toString()).toBe("hello");
  });

  test.each(["", "03", "0312000002ab", "0302000001abcd", "0102000000010000000000"])("%s is no packet", (bytes) => {
    expect(() => decodePacket(buffer(bytes))).toThrow(/packet/);
  });

  test("an error of a link has its code and text, also where the code does not fit 32 bits", () => {
    expect(readError(new Uint8Array(Buffer.from("08a0b41212026869", "hex")))).toEqual({ code: 301600, text: "hi" });
  });
});

describe("JSON", () => {
  test("ids keep every digit, as numbers and as text", () => {
    expect(parseJson('{"a":9007199254740993,"b":"18446744073709551615","c":[1.10,true,null]}')).toEqual({
      a: "9007199254740993",
      b: "18446744073709551615",
      c: ["1.10", true, null],
    });
  });
});

test("a query repeats the names of lists and leaves out what is absent", () => {
  expect(queryText({ status: ["NewStatus", "WaitToNew"], side: undefined, order_id: "1" })).toBe(
    "status=NewStatus&status=WaitToNew&order_id=1",
  );
});
