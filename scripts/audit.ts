/** `npm run audit`: asks the registry for known vulnerabilities of what is installed beside this package. See audit/verdict.ts. */
import { spawnSync } from "node:child_process";
import { auditVerdict } from "./audit/verdict.ts";

// One try: a registry that is not there is told at once, instead of after minutes.
const ARGS = ["audit", "--omit=dev", "--json", "--fetch-retries=0", "--fetch-timeout=60000"];

const { stdout, stderr, error } = spawnSync("npm", ARGS, { encoding: "utf8", shell: process.platform === "win32" });
if (error !== undefined) throw error;
const { text, fails } = auditVerdict(stdout, stderr);
(fails ? console.error : console.log)(text);
process.exitCode = fails ? 1 : 0;
