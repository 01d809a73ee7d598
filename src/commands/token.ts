/** `httptrading token [NAME]`: makes a token and what the gateway has to know of it. */
import { createHash, randomBytes } from "node:crypto";

const HELP = `Usage: npx httptrading token [NAME]

Prints a new token of 43 characters (256 random bits), its SHA-256, and the options of a broker with that. Hand the token
to whoever is to use it, and give the gateway its hash only. NAME stands for its holder in the journal and the logs: 1 to 64
letters, digits, "_", "." or "-" ("strategy" unless it is given).
`;

/** Prints one, and sets the exit code: 2 for a name that none can have. */
export function tokenCommand([name = "strategy", ...more]: readonly string[]): void {
  if (name === "--help" || name === "-h") {
    process.stdout.write(HELP);
    return;
  }
  if (name.startsWith("-") || more.length > 0 || !/^[\w.-]{1,64}$/.test(name)) {
    process.stderr.write(`${JSON.stringify([name, ...more].join(" "))} is no NAME\n\n${HELP}`);
    process.exitCode = 2;
    return;
  }
  const token = randomBytes(32).toString("base64url");
  const sha256 = createHash("sha256").update(token).digest("hex");
  process.stdout.write(`token   ${token}
sha256  ${sha256}

tokens: [{ name: ${JSON.stringify(name)}, sha256: "${sha256}", scopes: ["read"] }]
`);
}
