/** The rule of the house can turn red: one forbidden import of every kind, and the allowed ones beside them. */
import { describe, expect, test } from "vitest";
import { roomViolations } from "../../scripts/rooms.ts";

const ENTRYPOINTS = new Set(["mod.ts", "src/brokers/paper/index.ts"]);
const look = (path: string, source: string) => roomViolations(path, source, ENTRYPOINTS);

describe("forbidden", () => {
  test.each([
    ["a room above", "src/domain/order.ts", 'import { x } from "../spec/broker.ts";'],
    ["a type from a room above", "src/spec/broker.ts", 'import type { Desk } from "../desk/types.ts";'],
    ["a neighbour", "src/journal/memory.ts", 'import { x } from "../exchange/book.ts";'],
    ["another broker", "src/brokers/paper/broker.ts", 'import { futu } from "../futu/index.ts";'],
    ["a broker by a detour", "src/brokers/paper/broker.ts", 'import "../../brokers/futu/index.ts";'],
    ["the desk, in a broker", "src/brokers/futu/wire.ts", 'import { x } from "../../desk/tag.ts";'],
    ["the journal, in a broker", "src/brokers/futu/wire.ts", 'import { x } from "../../journal/memory.ts";'],
    ["a broker, in the desk", "src/desk/writes.ts", 'export { paper } from "../brokers/paper/index.ts";'],
    ["a broker, in http", "src/http/app.ts", 'const x = await import("../brokers/paper/index.ts");'],
    ["a broker, in the front door", "mod.ts", 'export * from "./src/brokers/paper/index.ts";'],
    ["the runtime, in the composition root", "src/create-http-trading.ts", 'import "./runtime/node.ts";'],
    ["a simulator, in the source", "src/testing/run.ts", 'import { x } from "../../simulators/opend/server.ts";'],
    ["a test, in a simulator", "simulators/main.ts", 'import { x } from "../tests/http/suite.ts";'],
    ["what is no entrypoint, in an example", "examples/paper.ts", 'import { x } from "../src/domain/money.ts";'],
    ["a module of Node", "src/desk/tag.ts", 'import { randomBytes } from "node:crypto";'],
    ["a module of Node, in a type", "src/http/app.ts", 'type X = import("node:http").Server;'],
    ["zod outside of http", "src/brokers/paper/config.ts", 'import { z } from "zod";'],
    ["valibot in http", "src/http/app.ts", 'import * as v from "valibot";'],
    ["a logger in the core", "src/observe/observers.ts", 'import { getLogger } from "@logtape/logtape";'],
    ["who watches, in the desk", "src/desk/writes.ts", 'import type { Observer } from "../observe/observer.ts";'],
    ["logs, in http", "src/http/app.ts", 'import { logTape } from "../logs/index.ts";'],
    ["hono in the desk", "src/desk/tag.ts", 'import { Hono } from "hono/tiny";'],
    ["a vendor's SDK at module level", "src/brokers/futu/wire.ts", 'import ftWebsocket from "futu-api";'],
    ["a broker that has no room yet", "src/brokers/nobody/index.ts", 'import type { X } from "../../spec/broker.ts";'],
    ["over several lines", "src/domain/order.ts", 'import {\n  type A,\n  b as c,\n} from\n  "../spec/broker.ts";'],
  ])("%s", (_what, path, source) => {
    expect(look(path, source)).toHaveLength(1);
    expect(look(path, source)[0]).toContain(`${path} imports`);
  });
});

describe("allowed", () => {
  test.each([
    ["a room below", "src/http/app.ts", 'import type { Desk } from "../desk/types.ts";'],
    ["its own room", "src/brokers/futu/wire.ts", 'import { x } from "./socket.ts";'],
    ["what brokers share", "src/brokers/futu/wire.ts", 'import { x } from "../shared/pacing.ts";'],
    ["a vendor's SDK when it is needed", "src/brokers/futu/socket.ts", 'await import("futu-api" as string);'],
    ["a part of a package", "src/desk/tag.ts", 'import { sha256 } from "@noble/hashes/sha2.js";'],
    ["a module of Node, in the runtime", "src/runtime/node.ts", 'import { createServer } from "node:http";'],
    ["an entrypoint, in an example", "examples/paper.ts", 'import { paper } from "../src/brokers/paper/index.ts";'],
    ["words in a comment", "src/domain/order.ts", '/** import { x } from "../http/app.ts"; */\n// import "zod";'],
    ["words in code", "src/domain/order.ts", 'export const from = "zod";\nexport type A = Pick<B, "hono">;'],
  ])("%s", (_what, path, source) => {
    expect(look(path, source)).toEqual([]);
  });
});
