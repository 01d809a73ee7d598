/** The command line, as a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { tcpConnect } from "./tcp-client.ts";

const MAIN = join(import.meta.dirname, "../../simulators/main.ts");
const FREE = ["--port", "0", "--tcp-port", "0", "--control", "0"];

const children: ChildProcess[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

interface Run {
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly exit: Promise<number | null>;
  readonly kill: (signal: NodeJS.Signals) => void;
}

function run(...args: readonly string[]): Run {
  return launch(process.execPath, [MAIN, ...args]);
}

function launch(command: string, args: readonly string[]): Run {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.on("data", (chunk) => out.push(String(chunk)));
  child.stderr.on("data", (chunk) => err.push(String(chunk)));
  return {
    stdout: () => out.join(""),
    stderr: () => err.join(""),
    exit: new Promise((resolve) => child.on("close", resolve)),
    kill: (signal) => child.kill(signal),
  };
}

async function ready(process: Run): Promise<{ readonly tcp: number; readonly control: number }> {
  await expect.poll(() => process.stdout() + process.stderr(), { timeout: 20_000 }).toContain("\n");
  const [, tcp, control] = /tcp (\d+).*, control (\d+)\n$/.exec(process.stdout()) ?? [];
  return { tcp: Number(tcp), control: Number(control) };
}

describe("npm run simulate", () => {
  test("tells the options of the one simulator that is asked about", async () => {
    const process = run("tws", "--help");
    expect(await process.exit).toBe(0);
    expect(process.stdout()).toContain("--two-accounts");
    expect(process.stdout()).not.toContain("--tcp-port");
  });

  test.each(["SIGTERM", "SIGINT"] as const)("prints one line, serves, and ends with 0 on %s", async (signal) => {
    const process = run("opend", ...FREE);
    const { tcp, control } = await ready(process);
    expect(process.stdout()).toMatch(/^opend is ready: ws \d+, tcp \d+, control \d+\n$/);
    const client = await tcpConnect(tcp);
    expect(await (await fetch(`http://127.0.0.1:${control}/connections`)).json()).toEqual({ open: 1, total: 1 });
    process.kill(signal);
    expect(await process.exit).toBe(0);
    await client.closed;
    expect(process.stdout().split("\n")).toHaveLength(2);
    expect(process.stderr()).toBe("");
  });

  test("never gives an order's number out again", async () => {
    const order = { tradeType: "Securities", region: "US", symbol: "AAPL", direction: "BUY", qty: 1, price: 1 };
    const rest = { orderType: "Limit", timeInForce: "DAY", lifecycle: "RTH" };
    const ids = new Set<string>();
    for (let start = 0; start < 2; start += 1) {
      const process = run("opend", ...FREE);
      const { control } = await ready(process);
      const body = JSON.stringify({ ...order, ...rest });
      const answer = await fetch(`http://127.0.0.1:${control}/orders`, { method: "POST", body });
      ids.add((await answer.json()).orderId);
      process.kill("SIGTERM");
      await process.exit;
    }
    expect(ids.size).toBe(2);
    expect([...ids].every((id) => /^\d+$/.test(id))).toBe(true);
  });

  test("ends with the npm that started it, and frees its ports", async () => {
    const npm = launch("npm", ["run", "--silent", "simulate", "--", "opend", ...FREE]);
    const { tcp } = await ready(npm);
    (await tcpConnect(tcp)).close();
    npm.kill("SIGTERM");
    await npm.exit;
    const refused = () =>
      tcpConnect(tcp).then(
        (client) => client.close() ?? "open",
        () => "refused",
      );
    await expect.poll(refused, { timeout: 10_000 }).toBe("refused");
  });

  test("takes the files of keys and the switches", async () => {
    const folder = await mkdtemp(join(tmpdir(), "simulate-"));
    folders.push(folder);
    const rsaKey = generateKeyPairSync("rsa", { modulusLength: 1024 })
      .privateKey.export({ type: "pkcs1", format: "pem" })
      .toString();
    await writeFile(join(folder, "rsa.pem"), rsaKey);
    const process = run("opend", ...FREE, "--rsa-key", join(folder, "rsa.pem"), "--two-firms", "--no-limits");
    const { tcp } = await ready(process);
    const client = await tcpConnect(tcp, { rsaKey });
    const { s2c } = await client.request("Trd_GetAccList", { userID: 0 });
    expect(s2c["accList"]).toHaveLength(7);
    client.close();
    process.kill("SIGTERM");
    expect(await process.exit).toBe(0);
  });

  test.each([
    ["no simulator", [], "which simulator"],
    ["an unknown simulator", ["bank"], 'no simulator "bank"'],
    ["an unknown option", ["opend", "--prot", "1"], "--prot"],
    ["a port that is none", ["opend", "--port", "70000"], "--port"],
    ["a file that is not there", ["opend", ...FREE, "--rsa-key", "/no/such/file"], "--rsa-key"],
    ["a certificate without its key", ["opend", ...FREE, "--cert", MAIN], "--cert-key"],
  ])("%s: usage and exit code 2", async (_name, args, text) => {
    const process = run(...args);
    expect(await process.exit).toBe(2);
    expect(process.stderr()).toContain(text);
    expect(process.stderr()).toContain("Usage: npm run simulate -- <opend");
    expect(process.stdout()).toBe("");
  });

  test("a taken port: exit code 1 and the reason", async () => {
    const first = run("opend", ...FREE);
    const { tcp } = await ready(first);
    const second = run("opend", "--port", "0", "--tcp-port", String(tcp), "--control", "0");
    expect(await second.exit).toBe(1);
    expect(second.stderr()).toContain(String(tcp));
    expect(second.stdout()).toBe("");
  });

  test("--help prints the usage and exits with 0", async () => {
    const process = run("--help");
    expect(await process.exit).toBe(0);
    expect(process.stdout()).toContain("--tcp-port N");
  });
});
