/** The library as its users run it: built, and served by the entrypoint of the runtime. */
import type { ServeOptions } from "../../src/runtime/node.ts";
import type { House } from "../stub-broker.ts";

type Serving = Pick<typeof import("../../src/runtime/node.ts"), "serve">;

const dist = new URL("../../dist/", import.meta.url);

export async function loadHouse(): Promise<House> {
  return import(new URL("mod.js", dist).href);
}

/** Loads the entrypoint of the runtime that runs this. */
export async function loadServe(): Promise<Serving["serve"]> {
  const runtime = "Bun" in globalThis ? "bun" : "Deno" in globalThis ? "deno" : "node";
  const { serve } = (await import(new URL(`src/runtime/${runtime}.js`, dist).href)) as Serving;
  return serve;
}

export async function loadSqliteJournal(): Promise<typeof import("../../src/journal/sqlite.ts")> {
  return import(new URL("src/journal/sqlite.js", dist).href);
}

/** A free port of loopback, and nothing on standard output, which is the side channel. */
export const QUIET: ServeOptions = { port: 0, signals: false, print: () => undefined };
