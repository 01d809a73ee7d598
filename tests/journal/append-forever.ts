/**
 * Appends to a journal until it is killed, by so many clients at once, and prints the number and id of every line that
 * was answered for. Arguments: the file, how many clients.
 */
import { writeSync } from "node:fs";
import { sqliteJournal } from "../../src/journal/sqlite.ts";

const [file = "", clients = "1"] = process.argv.slice(2);
const instance = "0f3a9c5d7b1e2468";
const journal = sqliteJournal(file);
const { sequence } = await journal.open();

function say(number: number, text: string): void {
  for (;;) {
    try {
      writeSync(1, `${number} ${text}\n`);
      return;
    } catch (error) {
      // Who reads is behind, and the pipe is full.
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
    }
  }
}

async function client(name: string): Promise<never> {
  for (let turn = 0; ; turn += 1) {
    const id = `${name}-${turn}`;
    const at = Date.now();
    const action = { kind: "cancel", orderId: id } as const;
    const intent = { kind: "intent", id, principal: "default", action, fingerprint: null, instance, at } as const;
    say(await journal.append([intent], "power-loss"), `intent ${id}`);
    const state = turn % 3 === 0 ? "unknown" : "accepted";
    const anomaly = { kind: "anomaly", message: id, orderId: null, tag: null, instance, at } as const;
    const lines = [anomaly, { kind: "progress", id, state, instance, at } as const];
    say(await journal.append(lines, "process"), `progress ${id}`);
  }
}

await Promise.all(Array.from({ length: Number(clients) }, (_, index) => client(`${sequence}-${index}`)));
