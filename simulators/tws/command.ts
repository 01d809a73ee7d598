/** `npm run simulate -- tws`. */
import { portOf, type SimulatorCommand, textOf, UsageError } from "../shared/command.ts";
import { DEFAULT_ACCOUNT, SECOND_ACCOUNT, UNUSUAL_POSITIONS } from "./accounts.ts";
import { HIGHEST_VERSION, LOWEST_VERSION } from "./messages.ts";
import { startTws } from "./server.ts";

const TENTH_OF_A_SECOND = 100;
/** Numbers stay below 2^31, as IB's own do for clients of older versions. */
const NUMBERS = 1_000_000_000;

/** Interactive Brokers' TWS or IB Gateway. */
export const tws: SimulatorCommand = {
  usage: `      --port N             API port (default 4002)
      --control N          control port (default 4003)
      --host ADDRESS       default 127.0.0.1
      --account ID         default ${DEFAULT_ACCOUNT}
      --two-accounts       adds ${SECOND_ACCOUNT} to the login
      --max-version N      newest version of the protocol, ${LOWEST_VERSION} to ${HIGHEST_VERSION} (default ${HIGHEST_VERSION})
      --unusual-positions  adds an option and a Japanese stock to the positions
      --push-first         tells of a fill before it acknowledges the order
      --no-limits          switches the limit of 50 messages a second off`,
  options: {
    port: { type: "string", default: "4002" },
    control: { type: "string", default: "4003" },
    host: { type: "string", default: "127.0.0.1" },
    account: { type: "string", default: DEFAULT_ACCOUNT },
    "two-accounts": { type: "boolean", default: false },
    "max-version": { type: "string", default: String(HIGHEST_VERSION) },
    "unusual-positions": { type: "boolean", default: false },
    "push-first": { type: "boolean", default: false },
    "no-limits": { type: "boolean", default: false },
  },
  async start(values) {
    const account = textOf(values["account"]) ?? DEFAULT_ACCOUNT;
    if (!/^[A-Z]+\d+$/.test(account)) throw new UsageError(`--account must be capitals and digits, not "${account}"`);
    const server = await startTws({
      port: portOf("port", values["port"]),
      controlPort: portOf("control", values["control"]),
      host: textOf(values["host"]) ?? "127.0.0.1",
      accounts: values["two-accounts"] === true ? [account, SECOND_ACCOUNT] : [account],
      maxVersion: versionOf(values["max-version"]),
      extraPositions: values["unusual-positions"] === true ? UNUSUAL_POSITIONS : [],
      pushFirst: values["push-first"] === true,
      limits: values["no-limits"] !== true,
      // A vendor never gives a number out again, and a gateway's journal remembers those of earlier runs.
      firstOrder: NUMBERS + (Math.floor(Date.now() / TENTH_OF_A_SECOND) % NUMBERS),
    });
    return {
      ready: `tws is ready: API ${server.port}, control ${server.controlPort}`,
      close: () => server.close(),
    };
  },
};

function versionOf(value: unknown): number {
  const version = Number(value);
  if (Number.isInteger(version) && version >= LOWEST_VERSION && version <= HIGHEST_VERSION) return version;
  throw new UsageError(
    `--max-version must be between ${LOWEST_VERSION} and ${HIGHEST_VERSION}, not "${String(value)}"`,
  );
}
