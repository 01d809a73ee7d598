/** The gateway itself: liveness, documentation, and one 404 for every miss. */
import { type Client, check, good, type HttpCheck, moment, must, type Reply, same } from "./client.ts";

const MISS_HEADERS = ["cache-control", "content-type", "x-content-type-options"];

/** What a client can tell one miss from another by; the server's own headers are left out. */
function face({ status, headers, text }: Reply): unknown {
  return { status, headers: MISS_HEADERS.map((name) => headers.get(name)), text };
}

function misses(client: Client): Record<string, Promise<Reply>> {
  const own = `/httptrading/api/${client.instanceId}`;
  const withToken = (value: string) => ({ headers: { "HT-TOKEN": value } });
  return {
    "no token": client.raw(`${own}/ping/state`),
    "a wrong token": client.raw(`${own}/ping/state`, withToken("0123456789abcdef")),
    "a malformed token": client.raw(`${own}/ping/state`, withToken("x")),
    "an unknown instance": client.raw("/httptrading/api/unknownInstance01/ping/state", withToken("0123456789abcdef")),
    "an unknown route": client.get("ping/status"),
    "a trailing slash": client.get("ping/state/"),
    "a wrong method": client.post("ping/state", {}),
    "an order by GET": client.get("order/place"),
    OPTIONS: client.ask("ping/state", { method: "OPTIONS" }),
    "a path outside": client.raw("/favicon.ico"),
    "the root": client.raw("/"),
    "a bad body without a token": client.raw(`${own}/order/place`, { method: "POST", body: "{" }),
    "a token in the query": client.raw(`${own}/ping/state?HT-TOKEN=Vt5UCW2sLBvgPXjR`),
  };
}

export const gatewayChecks: readonly HttpCheck[] = [
  check("health says that the process lives, to everybody", async (client) => {
    const { status, json } = await client.raw("/httptrading/health");
    same(status, 200, "status");
    const { time, ...rest } = json;
    moment(time, "time");
    same(rest, { type: "health", status: "ok" }, "health");
  }),

  check("every miss is the same 404", async (client) => {
    for (const [name, pending] of Object.entries(misses(client))) {
      const reply = await pending;
      const wanted = {
        status: 404,
        headers: ["no-store", "text/plain; charset=utf-8", "nosniff"],
        text: "404: Not Found",
      };
      // Runtimes write the blank of a content type as they like.
      same(
        JSON.parse(JSON.stringify(face(reply)).replace("plain;charset", "plain; charset").replace("UTF-8", "utf-8")),
        wanted,
        name,
      );
    }
  }),

  check("the document describes the APIs and names no instance", async (client) => {
    const { status, json, text } = await client.raw("/httptrading/openapi.json");
    same(status, 200, "status");
    must(/^3\.1\./.test(json.openapi), "openapi must be 3.1", json.openapi);
    for (const path of ["ping/state", "order/place", "order/list", "capabilities"]) {
      must(`/httptrading/api/{instanceId}/${path}` in json.paths, `${path} must be described`);
    }
    must(!text.includes(client.instanceId), "the instance's id is a secret");
  }),

  check("the page shows the documentation without asking anybody else", async (client) => {
    const { status, headers, text } = await client.raw("/httptrading/docs");
    same(status, 200, "status");
    must(headers.get("content-type")?.startsWith("text/html") === true, "content-type must be HTML");
    must(headers.get("content-security-policy")?.startsWith("default-src 'none'") === true, "nothing may be loaded");
    must(!/<script|src=["']?http|@import|<link[^>]+stylesheet/i.test(text), "the page must stand alone");
    must(!text.includes(client.instanceId), "the instance's id is a secret");
  }),

  check("HEAD answers as GET does, without a body", async (client) => {
    const { status, text } = await client.ask("ping/state", { method: "HEAD" });
    same([status, text], [200, ""], "HEAD");
  }),

  check("many requests at once are answered each for itself", async (client) => {
    const symbols = Array.from({ length: 30 }, (_, index) => ["AAPL", "QQQ", "BRK.B"][index % 3]);
    const replies = await Promise.all(
      symbols.map((symbol) => client.get(`market/quote?tradeType=Securities&region=US&symbol=${symbol}`)),
    );
    same(
      replies.map((reply) => good(reply, client, ["quote"]).quote.contract.symbol),
      symbols,
      "symbols",
    );
  }),
];
