/** A link whose token changes while it connects. */
import { expect, onTestFinished, test } from "vitest";
import { createHttp } from "../../../src/brokers/longport/http.ts";
import { createLink, type LinkOptions } from "../../../src/brokers/longport/link.ts";
import { REPLIES } from "../../../src/brokers/longport/messages.ts";
import { CMD } from "../../../src/brokers/longport/protobuf.ts";
import { VendorRefusal } from "../../../src/brokers/longport/refusals.ts";
import { optionsFor } from "./options.ts";
import { call, openLongport, startBroker, until } from "./setup.ts";

/** A link to a simulator that counts how often it asks for a password and how often it is up. */
async function openLink({ otp }: Pick<LinkOptions, "otp">) {
  const server = await openLongport();
  const { httpUrl = "", tradeWsUrl: url = "", accessToken = "", appKey, appSecret } = optionsFor(server.port);
  const http = createHttp({ httpUrl, appKey, appSecret, token: () => accessToken, onTime: () => {} });
  const seen = { passwords: 0, up: 0 };
  const link = createLink({
    url,
    metadata: {},
    beat: { cmd: CMD.subscribe, body: new Uint8Array() },
    async otp(signal) {
      seen.passwords += 1;
      await otp(signal);
      return (await http.get("/v1/socket/token", REPLIES.otp, { signal, timeoutMs: 3_000 })).otp;
    },
    prepare: async () => {},
    onUp() {
      seen.up += 1;
    },
    onDown: () => {},
    onPush: () => {},
  });
  onTestFinished(() => link.close());
  return { link, seen };
}

test("a session that is begun with the token before is given up with it", async () => {
  const held = Promise.withResolvers<void>();
  const { link, seen } = await openLink({
    async otp() {
      if (seen.passwords === 1) await held.promise;
      return "";
    },
  });
  void link.start();
  await until(() => seen.passwords === 1);
  link.renew();
  held.resolve();
  await until(() => seen.up === 1);
  expect(seen.passwords).toBe(2);
});

test("a token that is refused after another one has come does not keep the link waiting", async () => {
  const held = Promise.withResolvers<void>();
  const { link, seen } = await openLink({
    async otp() {
      if (seen.passwords > 1) return "";
      await held.promise;
      throw new VendorRefusal(401_003, "token expired");
    },
  });
  void link.start();
  await until(() => seen.passwords === 1);
  link.renew();
  held.resolve();
  await until(() => seen.up === 1);
});

test("an address that has a query of its own is one to link to", async () => {
  const { port } = await openLongport();
  const { quoteWsUrl, tradeWsUrl } = optionsFor(port);
  const query = "?region=hk";
  const urls = { quoteWsUrl: `${quoteWsUrl}${query}`, tradeWsUrl: `${tradeWsUrl}${query}` };
  const { broker } = await startBroker(port, urls);
  expect(await broker.ping(call())).toBe(true);
});
