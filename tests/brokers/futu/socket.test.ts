/** The socket against a server that does what no OpenD should: headers without bodies, strangers' bytes, late answers. */
import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { encodeReply } from "../../../simulators/opend/messages.ts";
import { readWsFrame, writeWsFrame } from "../../../simulators/opend/ws-frames.ts";
import {
  decodeFrame,
  encodeFrame,
  HeaderFault,
  LinkLost,
  loadLibrary,
  openLink,
} from "../../../src/brokers/futu/socket.ts";
import { collectGarbage } from "../../collect-garbage.ts";
import { rejection, until } from "./setup.ts";
import { type Asked, STATE, serveRequests } from "./strange-opend.ts";

/** A server that logs everybody in and leaves the rest to the test. */
async function serve(onRequest: (asked: Asked) => void): Promise<string> {
  const port = await serveRequests((asked) => {
    const { cmd, section, peer } = asked;
    if (cmd === 1)
      peer.send(writeWsFrame({ cmd, section, body: encodeReply(1, { retType: 0, s2c: { connID: "7" } }) }));
    else onRequest(asked);
  });
  return `ws://127.0.0.1:${port}`;
}

async function connect(url: string, onPush: (command: number, message: unknown) => void = () => {}) {
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  return openLink({
    library: await loadLibrary(undefined),
    url,
    key: undefined,
    signal: abort.signal,
    timeoutMs: 5000,
    onPush,
    onEnd: () => {},
  });
}

test.each([{}, null, "futu-api", { default: class {} }])(
  "a library that is none is named by its option: %o",
  async (sdk) => {
    expect(await rejection(loadLibrary(sdk))).toMatchObject({
      code: "NotSupported",
      message: "the option sdk is not the library futu-api; run: npm install futu-api@10",
    });
  },
);

test("a library that knows no session of an order is refused: it would send one for the night in regular hours", async () => {
  class Old extends (await loadLibrary(undefined)) {}
  Object.defineProperty(Old.prototype, "GetFlowSummary", { value: undefined });
  expect(await rejection(loadLibrary(Old))).toMatchObject({
    code: "NotSupported",
    message: expect.stringContaining("npm install futu-api@10"),
  });
});

describe("one connection", () => {
  test("keeps nothing of a call that is not answered and not waited for any more", async () => {
    const link = await connect(await serve(() => {}));
    const ask = (forgotten: boolean) => {
      const { sent, answer, forget } = link.send("GetAccList", { userID: 0 });
      expect(sent).toBe(true);
      answer.catch(() => {});
      if (forgotten) forget();
      return new WeakRef(answer);
    };
    const [kept, forgotten] = [ask(false), ask(true)];
    // What was looked at in this turn is held on to until its end.
    await delay(10);
    collectGarbage();
    expect(kept.deref()).toBeDefined();
    expect(forgotten.deref()).toBeUndefined();
  });

  test("an answer with nothing but an error in its header ends its call", async () => {
    const url = await serve(({ cmd, section, peer }) => {
      peer.send(writeWsFrame({ cmd, section, error: 2, body: new Uint8Array() }));
    });
    const link = await connect(url);
    const error = await rejection(link.send("GetGlobalState", { userID: 0 }).answer);
    expect(error).toBeInstanceOf(HeaderFault);
    expect(error).toMatchObject({ error: 2, message: "opend timeout" });
  });

  test("an answer without error and body ends its call too", async () => {
    const url = await serve(({ cmd, section, peer }) => {
      peer.send(writeWsFrame({ cmd, section, body: new Uint8Array() }));
    });
    const link = await connect(url);
    expect(await rejection(link.send("GetGlobalState", { userID: 0 }).answer)).toBeInstanceOf(HeaderFault);
  });

  test("the end of the connection ends every call, and later ones do not leave", async () => {
    const url = await serve(({ peer }) => peer.terminate());
    const link = await connect(url);
    const calls = [1, 2, 3].map(() => rejection(link.send("GetGlobalState", { userID: 0 }).answer));
    for (const error of await Promise.all(calls)) expect(error).toBeInstanceOf(LinkLost);
    const late = link.send("GetGlobalState", { userID: 0 });
    expect(late.sent).toBe(false);
    expect(await rejection(late.answer)).toBeInstanceOf(LinkLost);
    expect(await link.closed).toContain("OpenD");
  });

  test("what is asked of a connection that OpenD is about to close does not leave", async () => {
    const url = await serve(({ peer }) => {
      peer.close();
      // It reads no farewell, so that the connection does not end.
      peer.pause();
    });
    const link = await connect(url);
    const ask = () => {
      const { sent, answer } = link.send("GetGlobalState", { userID: 0 });
      answer.catch(() => {});
      return sent;
    };
    await until(() => !ask());
    expect(link.ended()).toBeUndefined();
  });

  test("a request that the SDK cannot encode does not leave", async () => {
    const link = await connect(await serve(() => {}));
    const { sent, answer } = link.send("PlaceOrder", { code: "AAPL" });
    expect(await rejection(answer)).toBeInstanceOf(Error);
    expect(sent).toBe(false);
  });

  test("answers to nobody, strangers' bytes and pushes that do not decode disturb nothing", async () => {
    const url = await serve(({ cmd, section, peer }) => {
      const body = encodeReply(1002, { retType: 0, s2c: STATE });
      peer.send(writeWsFrame({ cmd, section: section + 1000n, body }));
      peer.send(writeWsFrame({ cmd: 2202, section: 0n, body }));
      peer.send(new Uint8Array(7));
      peer.send(new Uint8Array(100));
      peer.send("text");
      peer.send(writeWsFrame({ cmd: 2208, section: 0n, body: new Uint8Array([255, 255, 255]) }));
      peer.send(writeWsFrame({ cmd: 2208, section, body: new Uint8Array([8, 0]) }));
      peer.send(writeWsFrame({ cmd, section, body }));
    });
    const pushes: number[] = [];
    const link = await connect(url, (command) => pushes.push(command));
    expect(await link.send("GetGlobalState", { userID: 0 }).answer).toMatchObject({ retType: 0 });
    expect(pushes).toEqual([2208]);
  });

  test("OpenD's own loss of its connection ends it", async () => {
    const url = await serve(({ peer }) => peer.send(writeWsFrame({ cmd: 2, section: 0n, body: new Uint8Array() })));
    const link = await connect(url);
    expect(await rejection(link.send("GetGlobalState", { userID: 0 }).answer)).toBeInstanceOf(LinkLost);
    expect(await link.closed).toContain("lost its own connection");
  });

  test("the number of the connection keeps all its digits", async () => {
    const body = encodeReply(1, { retType: 0, s2c: { connID: "7206417055261818881" } });
    const port = await serveRequests(({ peer }) => peer.send(writeWsFrame({ cmd: 1, section: 1n, body })));
    const link = await connect(`ws://127.0.0.1:${port}`);
    expect(link.connId).toBe("7206417055261818881");
  });

  test("two connections number their calls each for itself", async () => {
    const sections: bigint[][] = [[], []];
    const urls = await Promise.all(
      sections.map((seen) =>
        serve(({ cmd, section, peer }) => {
          seen.push(section);
          peer.send(writeWsFrame({ cmd, section, body: encodeReply(1002, { retType: 0, s2c: STATE }) }));
        }),
      ),
    );
    for (const url of urls) {
      const link = await connect(url);
      await link.send("GetGlobalState", { userID: 0 }).answer;
      await link.send("GetGlobalState", { userID: 0 }).answer;
    }
    expect(sections).toEqual([
      [2n, 3n],
      [2n, 3n],
    ]);
  });
});

describe("frames", () => {
  test("a request is the vendor's, byte for byte", () => {
    const frame = encodeFrame(1002, 7, new Uint8Array([0x0a, 0x02, 0x08, 0x00]));
    expect(Buffer.from(frame).toString("hex")).toBe("66742d76312e3000000003ea00000000000000070a020800");
  });

  test("an answer with an error is read", () => {
    const bytes = Buffer.from(
      "66742d76312e3000000008350000000000000008000000026f70656e642074696d656f757400000000000000",
      "hex",
    );
    const data = new Uint8Array(bytes).buffer;
    expect(decodeFrame(data)).toEqual({ cmd: 2101, section: 8, error: 2, errmsg: "opend timeout", buff: undefined });
  });

  test("what the simulator writes is read, and what is written it reads", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.uint8Array({ minLength: 1 }), (cmd, section, body) => {
        const written = readWsFrame(Buffer.from(encodeFrame(cmd, section, body)));
        expect(written).toMatchObject({ cmd, section: BigInt(section) });
        expect([...(written?.body ?? [])]).toEqual([...body]);
        const frame = new Uint8Array(writeWsFrame({ cmd, section: BigInt(section), body }));
        const read = decodeFrame(frame.buffer);
        expect(read).toMatchObject({ cmd, section, error: 0 });
        expect([...new Uint8Array(read?.buff ?? new ArrayBuffer(0))]).toEqual([...body]);
      }),
    );
  });
});
