/** `npm run simulate -- tiger`. */
import { portOf, type SimulatorCommand, textOf, UsageError } from "../shared/command.ts";
import { UNUSUAL_POSITIONS } from "./accounts.ts";
import type { LimitStyle } from "./limits.ts";
import { startTiger } from "./server.ts";

/** Tiger Brokers' open platform. */
export const tiger: SimulatorCommand = {
  usage: `      --port N             HTTP gateway (default 8083)
      --push-port N        push service over TLS (default 8084)
      --plain-push-port N  push service without TLS (default: none)
      --control N          control port (default 8085)
      --host ADDRESS       default 127.0.0.1
      --tiger-id TEXT      developer's id (default 20150001)
      --account TEXT       standard account (default 50190001)
      --paper TEXT         paper account, 17 digits or more (default 20191106192858300)
      --unusual-positions  adds a Singapore stock, a fraction of a share and an option to the positions
      --data-as-text       writes an answer's data as JSON text in a string
      --push-first         sends the pushes of a write before its answer
      --limit-style STYLE  code-4 (default) or http-429
      --no-limits          switches the rate limits off`,
  options: {
    port: { type: "string", default: "8083" },
    "push-port": { type: "string", default: "8084" },
    "plain-push-port": { type: "string" },
    control: { type: "string", default: "8085" },
    host: { type: "string", default: "127.0.0.1" },
    "tiger-id": { type: "string" },
    account: { type: "string" },
    paper: { type: "string" },
    "unusual-positions": { type: "boolean", default: false },
    "data-as-text": { type: "boolean", default: false },
    "push-first": { type: "boolean", default: false },
    "limit-style": { type: "string", default: "code-4" },
    "no-limits": { type: "boolean", default: false },
  },
  async start(values) {
    const [tigerId, account, paper] = [values["tiger-id"], values["account"], values["paper"]].map(textOf);
    if (paper !== undefined && !/^\d{17,}$/.test(paper)) {
      throw new UsageError(`--paper must be 17 digits or more, not "${paper}"`);
    }
    const plain = values["plain-push-port"];
    const server = await startTiger({
      port: portOf("port", values["port"]),
      pushPort: portOf("push-port", values["push-port"]),
      ...(plain === undefined ? {} : { plainPushPort: portOf("plain-push-port", plain) }),
      controlPort: portOf("control", values["control"]),
      host: textOf(values["host"]) ?? "127.0.0.1",
      ...(tigerId === undefined ? {} : { tigerId }),
      ...(account === undefined ? {} : { account }),
      ...(paper === undefined ? {} : { paper }),
      extraPositions: values["unusual-positions"] === true ? UNUSUAL_POSITIONS : [],
      dataAsText: values["data-as-text"] === true,
      pushFirst: values["push-first"] === true,
      limitStyle: styleOf(values["limit-style"]),
      limits: values["no-limits"] !== true,
      // A vendor never gives a number out again, and a gateway's journal remembers those of earlier runs.
      firstOrder: Date.now(),
    });
    const { port, pushPort, plainPushPort, controlPort } = server;
    const plainText = plainPushPort === undefined ? "" : `, plain push ${plainPushPort}`;
    return {
      ready: `tiger is ready: http ${port}, push ${pushPort}${plainText}, control ${controlPort}`,
      close: () => server.close(),
    };
  },
};

function styleOf(value: unknown): LimitStyle {
  if (value === "code-4" || value === "http-429") return value;
  throw new UsageError(`--limit-style must be code-4 or http-429, not "${String(value)}"`);
}
