/**
 * Canaries: every secret of every broker is a word of its own, the whole HTTP suite and a row of failures go by, and then
 * everything that was written anywhere is searched for them.
 *
 * Two places have an instance's id by contract, and nothing else of it: the envelope of answers to those who have called
 * it by that id, and the names of the order files of the Python project.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startLongport } from "../../simulators/longport/server.ts";
import { startOpenD } from "../../simulators/opend/server.ts";
import { DEFAULT_ACCOUNT, DEFAULT_TIGER_ID } from "../../simulators/tiger/accounts.ts";
import { CLIENT_PRIVATE_KEY, VENDOR_PUBLIC_KEY } from "../../simulators/tiger/keys.ts";
import { startTiger } from "../../simulators/tiger/server.ts";
import { DEFAULT_ACCOUNT as DEFAULT_IB_ACCOUNT } from "../../simulators/tws/accounts.ts";
import { startTws } from "../../simulators/tws/server.ts";
import { demoTradingTime } from "../../src/exchange/demo-account.ts";
import { HTTP_SUITE, type SuiteContext } from "../http/suite.ts";
import { addressOf, start } from "./program.ts";

const INSTANCE_ID = "canaryInstance0001";
const TOKENS = {
  TOKEN: "canary-Token-000001",
  ADMIN_TOKEN: "canary-Gateway-0001",
  ITS_ADMIN: "canary-Looker-00001",
};
const WRONG_TOKEN = "canary-Wrong-000001";

/** A broker behind its simulator. */
interface Stage {
  readonly options: object;
  /** What only the vendor and the gateway may know. */
  readonly secrets: readonly string[];
  readonly context?: Partial<SuiteContext>;
  /** Arms a fault at the simulator; absent where nothing can go wrong. */
  readonly controlPort?: number;
  /** The options with a secret that the vendor does not take. */
  readonly refused?: object;
  close(): Promise<void>;
}

const PIN_MD5 = "e10adc3949ba59abbe56e057f20f883e";

const STAGES: Readonly<Record<string, (folder: string) => Promise<Stage>>> = {
  async paper(folder) {
    return { options: { stateFile: join(folder, "paper.json") }, secrets: [], close: async () => {} };
  },
  async futu() {
    const key = "canaryOpenDKey01";
    const opend = await startOpenD({ key, limits: false, now: demoTradingTime });
    const options = { port: opend.port, key, tradeEnv: "REAL", unlockPin: PIN_MD5 };
    return {
      options,
      secrets: [key, "canaryOpenDKey02", PIN_MD5],
      context: { broker: "futu", atOnce: 4 },
      controlPort: opend.controlPort,
      refused: { ...options, key: "canaryOpenDKey02" },
      close: () => opend.close(),
    };
  },
  async interactiveBrokers() {
    const tws = await startTws({ now: demoTradingTime });
    return {
      options: { port: tws.port, clientId: 23 },
      // The gateway knows no other secret; the account's number is shown masked at most.
      secrets: [DEFAULT_IB_ACCOUNT],
      context: { broker: "interactiveBrokers", atOnce: 8, currencies: ["HKD"] },
      controlPort: tws.controlPort,
      close: () => tws.close(),
    };
  },
  async longport() {
    const credentials = { appKey: "canaryAppKey0001", appSecret: "canaryAppSecret1", accessToken: "canaryAccess0001" };
    const server = await startLongport({ ...credentials, limits: false, now: demoTradingTime });
    const options = {
      ...credentials,
      httpUrl: `http://127.0.0.1:${server.port}`,
      quoteWsUrl: `ws://127.0.0.1:${server.port}/quote/v2`,
      tradeWsUrl: `ws://127.0.0.1:${server.port}/trade/v2`,
    };
    return {
      options,
      secrets: [...Object.values(credentials), "canaryAppSecret2", "canaryAccess0002"],
      context: { broker: "longBridge", atOnce: 4 },
      controlPort: server.controlPort,
      refused: { ...options, appSecret: "canaryAppSecret2", accessToken: "canaryAccess0002" },
      close: () => server.close(),
    };
  },
  async tiger() {
    const simulator = await startTiger({ limits: false, now: demoTradingTime });
    const { port, pushPort, controlPort } = simulator;
    const options = {
      tigerId: DEFAULT_TIGER_ID,
      account: DEFAULT_ACCOUNT,
      privateKey: CLIENT_PRIVATE_KEY,
      serverUrl: `http://127.0.0.1:${port}/gateway`,
      pushUrl: `tls://127.0.0.1:${pushPort}`,
      tigerPublicKey: VENDOR_PUBLIC_KEY,
      pushTls: { rejectUnauthorized: false },
    };
    return {
      options,
      // Each line of the key by itself: whoever shows a part of it shows too much.
      secrets: [
        DEFAULT_ACCOUNT,
        ...CLIENT_PRIVATE_KEY.split("\n").filter((line) => line.length > 20 && !line.startsWith("-----")),
      ],
      context: { broker: "tiger", atOnce: 8 },
      controlPort,
      refused: { ...options, tigerId: "20159999" },
      close: () => simulator.close(),
    };
  },
};

const ORDER = {
  tradeType: "Securities",
  region: "US",
  symbol: "AAPL",
  price: 100,
  qty: 1,
  orderType: "Limit",
  timeInForce: "DAY",
  lifecycle: "RTH",
  direction: "BUY",
};

/** Fetches, and keeps every word that comes back. */
function recordingFetch(heard: string[]): (url: string, init?: RequestInit) => Promise<Response> {
  const decoder = new TextDecoder();
  return async (url, init) => {
    const response = await fetch(url, init);
    heard.push([...response.headers].join("\n"));
    if (response.body === null) return response;
    let text = "";
    const recorder = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        text += decoder.decode(chunk, { stream: true });
        controller.enqueue(chunk);
      },
      flush: () => void heard.push(text),
    });
    const { status, statusText, headers } = response;
    return new Response(response.body.pipeThrough(recorder), { status, statusText, headers });
  };
}

/** Everything that can be asked wrongly, of everybody. */
async function fail(
  url: string,
  ask: (url: string, init?: RequestInit) => Promise<Response>,
  stage: Stage,
): Promise<void> {
  const api = `${url}/httptrading/api/${INSTANCE_ID}`;
  const token = { "HT-TOKEN": TOKENS.TOKEN };
  const body = (value: unknown, headers: HeadersInit = token): RequestInit => ({
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: typeof value === "string" ? value : JSON.stringify(value),
  });
  const everything = [INSTANCE_ID, ...Object.values(TOKENS)].join(".");
  const asked: [string, RequestInit?][] = [
    [`${api}/ping/state`, { headers: { "HT-TOKEN": WRONG_TOKEN } }],
    [`${api}/ping/state?HT-TOKEN=${TOKENS.TOKEN}`],
    [`${api}/ping/state`, { headers: { ...token, "X-Request-Id": TOKENS.TOKEN } }],
    [`${api}/ping/state`, { headers: { ...token, "X-Request-Id": INSTANCE_ID } }],
    [`${api}/ping/state`, { headers: { "HT-TOKEN": TOKENS.ITS_ADMIN } }],
    [`${api}/indiscreet?of=${everything}`, body({})],
    [`${api}/order/place`, body("{")],
    [`${api}/order/state?orderId=nobodys-order`, { headers: token }],
    [`${api}/order/cancel`, body({ orderId: "nobodys-order" })],
    [`${url}/httptrading/metrics`, { headers: token }],
    [`${url}/httptrading/api/unknownInstance01/ping/state`, { headers: token }],
  ];
  for (const [where, init] of asked) await (await ask(where, init)).text();
  const faults =
    stage.controlPort === undefined
      ? []
      : [
          { kind: "refuse", on: "place" },
          { kind: "drop", on: "read" },
          { kind: "lose-answer", on: "place" },
          { kind: "rate-limit", on: "cancel" },
        ];
  for (const fault of faults) {
    await fetch(`http://127.0.0.1:${stage.controlPort}/faults`, { method: "POST", body: JSON.stringify(fault) });
    const place = await ask(`${api}/order/place`, body(ORDER));
    const { orderId = "1" } = (await place.json()) as { orderId?: string };
    for (const path of ["position/state", "order/list", "market/state"]) {
      await (await ask(`${api}/${path}`, { headers: token })).text();
    }
    await (await ask(`${api}/order/cancel`, body({ orderId }))).text();
  }
}

/** What operators and everybody may see. */
async function look(url: string, ask: (url: string, init?: RequestInit) => Promise<Response>): Promise<string> {
  const texts: string[] = [];
  for (const [path, token] of [
    ["metrics", TOKENS.ADMIN_TOKEN],
    ["metrics", TOKENS.ITS_ADMIN],
    ["health/ready", TOKENS.ADMIN_TOKEN],
    ["health", WRONG_TOKEN],
    ["openapi.json", WRONG_TOKEN],
    ["docs", WRONG_TOKEN],
  ] as const) {
    const response = await ask(`${url}/httptrading/${path}`, { headers: { "HT-TOKEN": token } });
    texts.push(await response.text());
  }
  return texts.join("\n");
}

/** Every file below a folder: its path from there, and its contents byte for byte as text. */
function filesIn(folder: string): { readonly path: string; readonly text: string }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return { path: path.slice(folder.length + 1), text: readFileSync(path, "latin1") };
    });
}

/** Which of the words are in a text. */
const found = (text: string, words: readonly string[]) => words.filter((word) => text.includes(word));

describe.concurrent.each(Object.entries(STAGES))("%s", (name, stageOf) => {
  test("writes no secret anywhere", async () => {
    const folder = mkdtempSync(join(tmpdir(), "httptrading-canary-"));
    const stage = await stageOf(folder);
    const run = (options: object) =>
      start("node", "tests/runtimes/programs/canary.ts", {
        BROKER: name,
        OPTIONS: JSON.stringify(options),
        FOLDER: folder,
        INSTANCE_ID,
        ...TOKENS,
      });
    const heard: string[] = [];
    const ask = recordingFetch(heard);
    const secrets = [...Object.values(TOKENS), WRONG_TOKEN, ...stage.secrets];
    const all = [INSTANCE_ID, ...secrets];
    const program = run(stage.options);
    let output = "";
    try {
      const url = await addressOf(program);
      const context = { instanceId: INSTANCE_ID, token: TOKENS.TOKEN, fetch: ask, ...stage.context };
      // What a broker answers is for other tests: here it counts that it has been asked.
      let passed = 0;
      for (const check of HTTP_SUITE)
        await check.run(url, context).then(
          () => (passed += 1),
          () => undefined,
        );
      expect(passed).toBeGreaterThan(HTTP_SUITE.length / 2);
      await fail(url, ask, stage);
      const shown = await look(url, ask);
      expect(shown).toContain(`httptrading_writes_total{instance="${name === "longport" ? "longBridge" : name}"`);
      if (stage.controlPort !== undefined) expect(shown).toMatch(/^httptrading_queue_turns_total\{.*\} [1-9]/m);
      expect(found(shown, all)).toEqual([]);
      program.signal("SIGTERM");
      await program.ended;
      output += program.output();
      if (stage.refused !== undefined) {
        const refused = run(stage.refused);
        try {
          const where = await addressOf(refused);
          expect(found(await look(where, ask), all)).toEqual([]);
        } finally {
          await refused[Symbol.asyncDispose]();
        }
        output += refused.output();
      }
    } finally {
      await program[Symbol.asyncDispose]();
      await stage.close();
    }
    const files = filesIn(folder);
    rmSync(folder, { recursive: true });

    expect(output).toContain('"logger":"httptrading.desk"');
    expect(output).toContain("cannot http://127.0.0.1");
    expect(found(output, all)).toEqual([]);

    const envelope = `"instanceId":"${INSTANCE_ID}"`;
    expect(heard.join("\n")).toContain(envelope);
    expect(found(heard.join("\n").replaceAll(envelope, ""), all)).toEqual([]);

    const orders = files.filter(({ path }) => path.startsWith("orders/"));
    expect(files.length).toBeGreaterThan(orders.length);
    expect(orders.length).toBeGreaterThan(0);
    for (const { path, text } of files) {
      expect(found(text, all), path).toEqual([]);
      expect(found(path, path.startsWith("orders/") ? secrets : all), path).toEqual([]);
    }
  }, 300_000);
});
