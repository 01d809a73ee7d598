/** `npm run simulate -- longport`. */
import { portOf, type SimulatorCommand, textOf } from "../shared/command.ts";
import { UNUSUAL_POSITIONS } from "./positions.ts";
import { DEFAULT_ACCESS_TOKEN, DEFAULT_APP_KEY, DEFAULT_APP_SECRET, startLongport } from "./server.ts";

/** Longbridge's OpenAPI. */
export const longport: SimulatorCommand = {
  usage: `      --port N             HTTP, /quote/v2 and /trade/v2 (default 8081)
      --control N          control port (default 8082)
      --host ADDRESS       default 127.0.0.1
      --app-key TEXT       default ${DEFAULT_APP_KEY}
      --app-secret TEXT    default ${DEFAULT_APP_SECRET}
      --access-token TEXT  default ${DEFAULT_ACCESS_TOKEN}
      --unusual-positions  adds a Singapore stock, an option and another channel to the positions
      --push-first         sends the pushes of a write before its answer
      --gzip               compresses what the long links say
      --no-limits          switches the frequency limits off`,
  options: {
    port: { type: "string", default: "8081" },
    control: { type: "string", default: "8082" },
    host: { type: "string", default: "127.0.0.1" },
    "app-key": { type: "string", default: DEFAULT_APP_KEY },
    "app-secret": { type: "string", default: DEFAULT_APP_SECRET },
    "access-token": { type: "string", default: DEFAULT_ACCESS_TOKEN },
    "unusual-positions": { type: "boolean", default: false },
    "push-first": { type: "boolean", default: false },
    gzip: { type: "boolean", default: false },
    "no-limits": { type: "boolean", default: false },
  },
  async start(values) {
    const server = await startLongport({
      port: portOf("port", values["port"]),
      controlPort: portOf("control", values["control"]),
      host: textOf(values["host"]) ?? "127.0.0.1",
      appKey: textOf(values["app-key"]) ?? DEFAULT_APP_KEY,
      appSecret: textOf(values["app-secret"]) ?? DEFAULT_APP_SECRET,
      accessToken: textOf(values["access-token"]) ?? DEFAULT_ACCESS_TOKEN,
      extraPositions: values["unusual-positions"] === true ? UNUSUAL_POSITIONS : [],
      pushFirst: values["push-first"] === true,
      gzip: values["gzip"] === true,
      limits: values["no-limits"] !== true,
      // A vendor never gives a number out again, and a gateway's journal remembers those of earlier runs.
      firstOrder: Date.now(),
    });
    return {
      ready: `longport is ready: http ${server.port}, quote ws ${server.port}/quote/v2, trade ws ${server.port}/trade/v2, control ${server.controlPort}`,
      close: () => server.close(),
    };
  },
};
