/** What the checks of the HTTP suite speak with, and how they say no. Framework-free. */

/** One check against a running server. */
export interface HttpCheck {
  readonly name: string;
  /** Rejects with what was wrong. */
  run(baseUrl: string, context: SuiteContext): Promise<void>;
}

/** Who asks, and whom. */
export interface SuiteContext {
  readonly instanceId: string;
  readonly token: string;
  /** The broker's word on the wire. Default `paper`. */
  readonly broker?: string;
  /** How many orders its vendor takes at once. Default 20. */
  readonly atOnce?: number;
  /** In which currencies, besides dollars, its vendor expresses the cash of the demo account. Default HKD, CNH and CNY. */
  readonly currencies?: readonly string[];
  /** Default: the global one. For servers that are reached otherwise than by a socket. */
  readonly fetch?: (url: string, init?: RequestInit) => Promise<Response>;
}

/** An answer, read. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; `undefined` if it is no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: the checks look into answers of every shape
  readonly json: any;
}

/** Speaks with one instance. Where the vendor's frequency limit is used up, it waits as long as it is told to. */
export interface Client {
  readonly instanceId: string;
  readonly broker: string;
  readonly atOnce: number;
  readonly currencies: readonly string[];
  /** A request to a path of the server, without a token. */
  raw(path: string, init?: RequestInit): Promise<Reply>;
  get(path: string): Promise<Reply>;
  /** Posts JSON; text is sent as it is. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  /** Requests with headers of one's own, the token among them. */
  ask(path: string, init: RequestInit): Promise<Reply>;
  /** The same, with the answer as it comes. */
  open(path: string, init: RequestInit): Promise<Response>;
}

/** A check whose work is given a client. */
export function check(name: string, work: (client: Client) => Promise<void>): HttpCheck {
  return { name, run: (baseUrl, context) => work(clientOf(baseUrl, context)) };
}

function clientOf(baseUrl: string, context: SuiteContext): Client {
  const { instanceId, token, broker = "paper", atOnce = 20, fetch = globalThis.fetch } = context;
  const { currencies = ["HKD", "CNH", "CNY"] } = context;
  const base = baseUrl.replace(/\/$/, "");
  async function raw(path: string, init?: RequestInit): Promise<Reply> {
    return read(await fetch(`${base}${path}`, init));
  }
  function open(path: string, { headers, ...init }: RequestInit): Promise<Response> {
    const all = new Headers(headers);
    if (!all.has("HT-TOKEN")) all.set("HT-TOKEN", token);
    return fetch(`${base}/httptrading/api/${instanceId}/${path}`, { ...init, headers: all });
  }
  async function ask(path: string, init: RequestInit): Promise<Reply> {
    for (;;) {
      const reply = await read(await open(path, init));
      if (reply.status !== 429) return reply;
      await new Promise((resolve) => setTimeout(resolve, 1000 * Number(reply.headers.get("retry-after"))));
    }
  }
  return {
    instanceId,
    broker,
    atOnce,
    currencies,
    raw,
    ask,
    open,
    get: (path) => ask(path, {}),
    post: (path, body, headers = {}) =>
      ask(path, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
  };
}

async function read(response: Response): Promise<Reply> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Rejects unless the condition holds. */
export function must(condition: boolean, what: string, seen?: unknown): void {
  if (!condition) throw new Error(seen === undefined ? what : `${what}; seen: ${JSON.stringify(seen)}`);
}

/** Rejects unless both are the same as JSON, the order of keys included. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [seen, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (seen !== wanted) throw new Error(`${what}: expected ${wanted}, seen ${seen}`);
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/;

/** Rejects unless the text is a moment in the form of the wire. */
export function moment(text: unknown, what: string): void {
  must(typeof text === "string" && TIME.test(text), `${what} must be a moment with microseconds and +00:00`, text);
}

const ENVELOPE = ["type", "instanceId", "broker", "brokerDisplay", "time", "ex"];

/** Rejects unless it is a good answer in the envelope with exactly these further fields; gives them back. */
export function good(reply: Reply, client: Client, fields: readonly string[]): Reply["json"] {
  same(reply.status, 200, `status of ${reply.text.slice(0, 300)}`);
  same(Object.keys(reply.json), [...ENVELOPE, ...fields], "keys of the answer");
  same(reply.json.type, "apiResponse", "type");
  same(reply.json.instanceId, client.instanceId, "instanceId");
  same(reply.json.broker, client.broker, "broker");
  same(reply.json.ex, null, "ex");
  moment(reply.json.time, "time");
  same(reply.headers.get("content-type")?.replace(/\s/g, "").toLowerCase(), "application/json;charset=utf-8", "type");
  return reply.json;
}

/** Rejects unless it is a failure of this code; gives back its `error`. */
export function bad(reply: Reply, status: number, code: string, outcome?: string): Reply["json"] {
  same(reply.status, status, `status of ${reply.text.slice(0, 300)}`);
  same(reply.json?.error?.code, code, "code");
  if (outcome !== undefined) same(reply.json.error.outcome, outcome, "outcome");
  must(typeof reply.json.ex === "string" && reply.json.ex !== "", "ex must say what was wrong", reply.json);
  return reply.json.error;
}

/** Asks again and again until the answer fits; gives the last one back. For what a vendor tells a little later. */
export async function eventually<T>(ask: () => Promise<T>, fits: (answer: T) => boolean): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    const answer = await ask();
    if (fits(answer) || tries === 50) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** True while the account's clock stands in regular hours of the US, so that what crosses is filled. */
export async function inRegularHours(client: Client): Promise<boolean> {
  const { json } = await client.get("market/state");
  return json.marketStatus.securities.US.unifiedStatus === "RTH";
}
