/** `npm run token [-- NAME]`: makes a token and what the gateway has to know of it. */
import { createHash, randomBytes } from "node:crypto";

const HELP = `usage: npm run token [-- NAME]

Prints a new token of 43 characters (256 random bits), its SHA-256, and the options of a broker with that. Hand the token
to whoever is to use it, and give the gateway its hash only. NAME stands for its holder in the journal and the logs: 1 to 64
letters, digits, "_", "." or "-" ("strategy" unless it is given).`;

const [name = "strategy", ...more] = process.argv.slice(2);

if (name.startsWith("-") || more.length > 0 || !/^[\w.-]{1,64}$/.test(name)) {
  const asked = name === "--help" || name === "-h";
  if (!asked) console.error(`${JSON.stringify([name, ...more].join(" "))} is no NAME\n`);
  (asked ? console.log : console.error)(HELP);
  process.exitCode = asked ? 0 : 2;
} else {
  const token = randomBytes(32).toString("base64url");
  const sha256 = createHash("sha256").update(token).digest("hex");
  console.log(`token   ${token}
sha256  ${sha256}

tokens: [{ name: ${JSON.stringify(name)}, sha256: "${sha256}", scopes: ["read"] }]`);
}
