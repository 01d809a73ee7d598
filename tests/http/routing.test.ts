/** A request finds its API whichever way it is written: to the letter, as nearly all are, or in one that the router reads. */
import { expect, test } from "vitest";
import { exampleBroker, gatewayOf, INSTANCE, TOKEN } from "./gateway.ts";

const trading = gatewayOf(exampleBroker(), {
  extendApis: [
    { name: "get", method: "GET", path: "mine", handler: ({ respond }) => respond({ method: "GET" }) },
    { name: "put", method: "PUT", path: "mine", handler: ({ respond }) => respond({ method: "PUT" }) },
    { name: "dotted", method: "GET", path: "a.b/c-d/e_f", handler: ({ respond }) => respond({ method: "dotted" }) },
  ],
});

function send(url: string, method = "GET"): Promise<Response> | Response {
  return trading.fetch(new Request(url, { method, headers: { "HT-TOKEN": TOKEN } }));
}

const root = `/httptrading/api/${INSTANCE}`;
const escaped = `%${INSTANCE.charCodeAt(0).toString(16)}${INSTANCE.slice(1)}`;

test.each([
  ["to the letter", `http://localhost${root}/mine`],
  ["over TLS, at an address with a port", `https://[::1]:8443${root}/mine`],
  ["with a query", `http://localhost${root}/mine?x=/a/b&y=1`],
  ["with an empty query", `http://localhost${root}/mine?`],
  ["with a query that has escapes", `http://localhost${root}/mine?x=%2F`],
  ["with a fragment", `http://localhost${root}/mine#there`],
  ["with an escape in the instance's id", `http://localhost/httptrading/api/${escaped}/mine`],
  ["with an escape in the path", `http://localhost${root}/m%69ne`],
])("%s", async (_how, url) => {
  const response = await send(url);
  expect([response.status, (await response.json()).method]).toEqual([200, "GET"]);
});

test("each method of a path has its own API", async () => {
  const put = await send(`http://localhost${root}/mine`, "PUT");
  expect((await put.json()).method).toBe("PUT");
  expect((await send(`http://localhost${root}/mine`, "POST")).status).toBe(404);
});

test("a path of several parts is found", async () => {
  expect((await send(`http://localhost${root}/a.b/c-d/e_f`)).status).toBe(200);
});

test("a HEAD is a GET without its body", async () => {
  const response = await send(`http://localhost${root}/mine`, "HEAD");
  expect([response.status, await response.text()]).toEqual([200, ""]);
});

test.each([
  `${root}/mine/`,
  `${root}//mine`,
  `${root}/mine/mine`,
  `${root}/MINE`,
  `${root}/`,
  root,
  `/httptrading/api/${INSTANCE}?/mine`,
  `/httptrading/api/mine`,
  `/httptrading/api//mine`,
  `/x${root}/mine`,
  `/httptrading/apis/${INSTANCE}/mine`,
  `/httptrading/api/${INSTANCE}%2Fmine`,
])("%s is nothing of ours", async (path) => {
  expect((await send(`http://localhost${path}`)).status).toBe(404);
});
