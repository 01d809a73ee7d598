/** `npm run simulate -- opend`. */
import { readFile } from "node:fs/promises";
import { portOf, type SimulatorCommand, textOf, UsageError } from "../shared/command.ts";
import { DEFAULT_ACCOUNTS, SECOND_FIRM_ACCOUNT, UNUSUAL_POSITIONS } from "./accounts.ts";
import { startOpenD } from "./server.ts";

/** Futu's gateway. */
export const opend: SimulatorCommand = {
  usage: `      --port N             WebSocket (default 33333)
      --tcp-port N         plain TCP protocol (default 11111)
      --control N          control port (default 33334)
      --host ADDRESS       default 127.0.0.1
      --key TEXT           WebSocket key (default: none needed)
      --unlock-pin TEXT    trade password of the real accounts (default 123456)
      --rsa-key FILE       RSA private key, 1024 bits, PEM: encrypts the TCP protocol
      --cert FILE          certificate, PEM; with --cert-key the WebSocket becomes wss
      --cert-key FILE      its private key, PEM
      --two-firms          adds a real US account at a second firm
      --unusual-positions  adds an option and a Japanese stock to the positions
      --push-first         sends the pushes of a write before its answer
      --no-limits          switches the frequency limits off`,
  options: {
    port: { type: "string", default: "33333" },
    "tcp-port": { type: "string", default: "11111" },
    control: { type: "string", default: "33334" },
    host: { type: "string", default: "127.0.0.1" },
    key: { type: "string" },
    "unlock-pin": { type: "string" },
    "rsa-key": { type: "string" },
    cert: { type: "string" },
    "cert-key": { type: "string" },
    "two-firms": { type: "boolean", default: false },
    "unusual-positions": { type: "boolean", default: false },
    "push-first": { type: "boolean", default: false },
    "no-limits": { type: "boolean", default: false },
  },
  async start(values) {
    const key = textOf(values["key"]);
    const unlockPin = textOf(values["unlock-pin"]);
    const rsaKey = await fileOf("rsa-key", values["rsa-key"]);
    const cert = await fileOf("cert", values["cert"]);
    const certKey = await fileOf("cert-key", values["cert-key"]);
    if ((cert === undefined) !== (certKey === undefined)) throw new UsageError("--cert and --cert-key go together");
    const server = await startOpenD({
      port: portOf("port", values["port"]),
      tcpPort: portOf("tcp-port", values["tcp-port"]),
      controlPort: portOf("control", values["control"]),
      host: textOf(values["host"]) ?? "127.0.0.1",
      accounts: values["two-firms"] === true ? [...DEFAULT_ACCOUNTS, SECOND_FIRM_ACCOUNT] : DEFAULT_ACCOUNTS,
      extraPositions: values["unusual-positions"] === true ? UNUSUAL_POSITIONS : [],
      pushFirst: values["push-first"] === true,
      limits: values["no-limits"] !== true,
      // A vendor never gives a number out again, and a gateway's journal remembers those of earlier runs.
      firstOrder: Date.now(),
      ...(key === undefined ? {} : { key }),
      ...(unlockPin === undefined ? {} : { unlockPin }),
      ...(rsaKey === undefined ? {} : { rsaKey }),
      ...(cert === undefined || certKey === undefined ? {} : { tls: { cert, key: certKey } }),
    });
    const { port, tcpPort, controlPort } = server;
    const scheme = cert === undefined ? "ws" : "wss";
    return {
      ready: `opend is ready: ${scheme} ${port}, tcp ${tcpPort}${rsaKey === undefined ? "" : " (encrypted)"}, control ${controlPort}`,
      close: () => server.close(),
    };
  },
};

async function fileOf(option: string, value: unknown): Promise<string | undefined> {
  const path = textOf(value);
  if (path === undefined) return undefined;
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new UsageError(`--${option}: ${path} cannot be read (${error instanceof Error ? error.message : error})`);
  }
}
