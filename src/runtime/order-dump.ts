/** The order files of the Python project: one for every order, rewritten at each change, for its readers. */
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type WatchedOrder, watchOrders } from "../create-http-trading.ts";
import { isFailure } from "../domain/failure.ts";

/** Milliseconds until files that could not be written are tried again. */
const RETRY_MS = 1000;

/** Characters of an order's id that an operator is told. */
const MOST_TOLD = 64;

/** Writing that goes on in the background. */
export interface OrderDump {
  /** Writes what is left and ends. What cannot be written then is given up. */
  finish(): Promise<void>;
}

/**
 * Writes `{instanceId}-{orderId}.json` into a folder: every order that is open at the start, or is so by its file alone,
 * then each one at each of its changes. Begun before the brokers are started, it misses none. A file is replaced as a whole and readable by its owner
 * only; in it stands the `order` of `order/state`, in ASCII, indented by two, as the Python project's readers know it.
 *
 * @param trading What `createHttpTrading` made.
 * @param folder Is made if it is not there.
 * @param warn Told once when files cannot be written, and once when they can again; and once for each reason for which an
 *   order has no file, whatever is tried.
 * @throws TypeError for something else than a gateway; Error when the folder cannot be made.
 */
export async function dumpOrders(trading: object, folder: string, warn: (line: string) => void): Promise<OrderDump> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`orderDump: the folder cannot be made: ${reason}`, { cause: error });
  });
  /** The newest state of each order whose file is out of date, by the file's name. */
  let pending = new Map<string, WatchedOrder>();
  let writing: Promise<void> | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let failing = false;
  const hopeless = new Set<string>();

  async function writeAll(): Promise<void> {
    while (pending.size > 0 && retry === undefined) {
      const batch = pending;
      pending = new Map();
      const failed: string[] = [];
      for (const [name, order] of batch) {
        try {
          const text = orderFile(order);
          await replaceFile(join(folder, name), text);
        } catch (error) {
          if (isHopeless(error)) {
            giveUp(order, error);
            continue;
          }
          // Whatever came meanwhile is newer.
          if (!pending.has(name)) pending.set(name, order);
          failed.push(codeOf(error));
        }
      }
      tell(failed);
      if (failed.length > 0) retry = setTimeout(again, RETRY_MS);
    }
  }

  function tell(failed: readonly string[]): void {
    if (failing === failed.length > 0) return;
    failing = failed.length > 0;
    // The names of the files have the instances' ids in them, which are secrets.
    warn(
      failing
        ? `Warning: order files cannot be written (${failed[0]}); they are tried again until they can`
        : "Order files are written again",
    );
  }

  /** Trying it again would change nothing, and hide what a disk fails with later. */
  function giveUp({ orderId }: WatchedOrder, error: unknown): void {
    const reason = isFailure(error) ? error.message : codeOf(error);
    if (hopeless.has(reason)) return;
    hopeless.add(reason);
    const shown = orderId.slice(0, MOST_TOLD);
    warn(`Warning: order ${shown} cannot be written to its file (${reason}), nor any other for that reason`);
  }

  function again(): void {
    retry = undefined;
    start();
  }

  function start(): void {
    writing ??= writeAll().finally(() => {
      writing = undefined;
      if (pending.size > 0 && retry === undefined) start();
    });
  }

  const watcher = (orders: readonly WatchedOrder[]) => {
    for (const order of orders) pending.set(fileName(order.instanceId, order.orderId), order);
    start();
  };
  const stop = watchOrders(trading, watcher, (instanceId) => openByFile(folder, instanceId));
  if (stop === undefined) throw new TypeError("orderDump needs a gateway that createHttpTrading made");

  return {
    async finish() {
      stop();
      await writing;
      if (pending.size === 0) return;
      clearTimeout(retry);
      retry = undefined;
      await writeAll();
      clearTimeout(retry);
    },
  };
}

/** The file of an order. What is no plain part of a file's name in the order's id is written as the bytes of a URL are. */
export function fileName(instanceId: string, orderId: string): string {
  const escaped = Array.from(new TextEncoder().encode(orderId), (byte) => {
    const character = String.fromCharCode(byte);
    return /[\w.-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  });
  return `${instanceId}-${escaped.join("")}.json`;
}

/** Ids of an instance's orders that are open by their files. What ended one may not have been written any more. */
async function openByFile(folder: string, instanceId: string): Promise<string[]> {
  const open: string[] = [];
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${instanceId}-`) || !name.endsWith(".json")) continue;
    try {
      const { orderId, isCompleted } = JSON.parse(await readFile(join(folder, name), "utf8"));
      if (isCompleted === false && fileName(instanceId, orderId) === name) open.push(orderId);
    } catch {
      // Whoever put it there, it is no file of ours.
    }
  }
  return open;
}

/** What stands in the file: ASCII alone, so that a reader may take it for any encoding. */
function orderFile(order: WatchedOrder): string {
  const text = JSON.stringify(order, null, 2);
  return text.replaceAll(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A reader sees the file as it was or as it is, never a part of it. */
async function replaceFile(path: string, text: string): Promise<void> {
  const next = `${path}.tmp`;
  try {
    await writeFile(next, text, { mode: 0o600 });
    await rename(next, path);
  } catch (error) {
    await rm(next, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** True for what has to do with the order, and not with the disk: it has no form of the wire, or an id that is too long. */
function isHopeless(error: unknown): boolean {
  return isFailure(error) || codeOf(error) === "ENAMETOOLONG";
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown error";
}
