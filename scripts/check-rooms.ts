/** `npm run check:rooms`: no room imports what the rule of the house forbids. See rooms.ts. */
import { globSync, readFileSync } from "node:fs";
import denoJson from "../deno.json" with { type: "json" };
import { roomViolations } from "./rooms.ts";

const FILES = ["mod.ts", "{src,simulators,examples,tests,bench,scripts}/**/*.ts"];

const entrypoints = new Set(Object.values(denoJson.exports).map((path) => path.replace(/^\.\//, "")));
const violations = globSync(FILES).flatMap((path) =>
  roomViolations(path.replaceAll("\\", "/"), readFileSync(path, "utf8"), entrypoints),
);
for (const violation of violations) console.error(violation);
if (violations.length > 0) process.exit(1);
