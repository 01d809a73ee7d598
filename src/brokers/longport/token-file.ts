/**
 * The file that keeps an access token: TOML with `token` and `expiry`, as the Python project of the same name writes it.
 *
 * The file system is reached only when a file is named, so that what needs none runs where there is none.
 */
import { parse, stringify, TomlDate } from "smol-toml";
import { BrokerError } from "../../spec/broker-error.ts";
import { isToken } from "./config.ts";
import { reasonOf } from "./refusals.ts";

/** A token and when it ends, in milliseconds since the epoch. */
export interface AccessToken {
  readonly token: string;
  readonly expiresAt: number;
}

export interface TokenFile {
  /** @throws BrokerError `AuthenticationFailed` for a file that is missing or says something else. */
  read(): Promise<AccessToken>;
  /** Replaces the file as a whole: after this it holds the new token, whatever happens to the machine. */
  write(token: AccessToken): Promise<void>;
  /** Acts while no other process does. `undefined` when another one holds the lock. */
  locked<T>(act: () => Promise<T>): Promise<T | undefined>;
}

/** The part of Node's file system that is used here, which all three runtimes have. */
interface FileSystem {
  readFile(path: string, encoding: "utf8"): Promise<string>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  realpath(path: string): Promise<string>;
  stat(path: string): Promise<{ readonly mtimeMs: number; readonly mode: number }>;
  open(path: string, flags: string, mode?: number): Promise<FileHandle>;
}

interface FileHandle {
  writeFile(text: string): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Put together here, so that no bundler takes it in: what runs without files runs where there is no such module. */
const FILE_SYSTEM = ["node:fs", "promises"].join("/");

/** A lock that is older was left behind: a refresh takes seconds. */
const LOCK_MS = 120_000;

export function openTokenFile(path: string): TokenFile {
  const system = async (): Promise<FileSystem> =>
    (await import(/* webpackIgnore: true */ /* @vite-ignore */ FILE_SYSTEM)) as FileSystem;

  async function writeSynced(files: FileSystem, target: string, text: string, flags: string): Promise<void> {
    const handle = await files.open(target, flags, 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async function isStale(files: FileSystem, lock: string): Promise<boolean> {
    const found = await files.stat(lock).catch(() => undefined);
    // A lock that is not there may be made by another process before it could be removed here.
    return found !== undefined && Date.now() - found.mtimeMs > LOCK_MS;
  }

  /** Makes a file that is not there yet. False when it is. */
  async function make(files: FileSystem, target: string, text: string): Promise<boolean> {
    try {
      await writeSynced(files, target, text, "wx");
      return true;
    } catch (error) {
      if ((error as { readonly code?: unknown }).code === "EEXIST") return false;
      throw error;
    }
  }

  /** By one process at a time: behind another one's back the lock that goes might be one that somebody has just made. */
  async function removeStale(files: FileSystem, lock: string): Promise<void> {
    if (!(await isStale(files, lock))) return;
    const guard = `${lock}.stale`;
    if (!(await make(files, guard, ""))) {
      if (await isStale(files, guard)) await files.unlink(guard).catch(() => {});
      return;
    }
    if (await isStale(files, lock)) await files.unlink(lock).catch(() => {});
    await files.unlink(guard).catch(() => {});
  }

  return {
    async read() {
      let text: string;
      try {
        text = await (await system()).readFile(path, "utf8");
      } catch (error) {
        throw unusable(`the token file cannot be read: ${reasonOf(error)}; it must hold token = "…" and expiry = "…"`);
      }
      return parseTokenFile(text);
    },

    async write({ token, expiresAt }) {
      const files = await system();
      const target = await files.realpath(path);
      const draft = `${target}.${crypto.randomUUID()}.tmp`;
      const text = `${stringify({ token, expiry: new Date(expiresAt).toISOString().replace("Z", "+00:00") })}\n`;
      try {
        await writeSynced(files, draft, text, "wx");
        await files.rename(draft, target);
      } catch (error) {
        await files.unlink(draft).catch(() => {});
        throw error;
      }
      // The rename itself is safe once the folder is; a system that cannot open folders has it so at once.
      const folder = await files.open(target.replace(/[^/\\]*$/, "") || ".", "r").catch(() => undefined);
      await folder?.sync().catch(() => {});
      await folder?.close();
    },

    async locked(act) {
      const files = await system();
      // Beside the file itself: another process may know it by another name.
      const lock = `${await files.realpath(path)}.lock`;
      await removeStale(files, lock);
      const mine = crypto.randomUUID();
      if (!(await make(files, lock, mine))) return undefined;
      try {
        return await act();
      } finally {
        // Another process takes it over from one that was halted for long enough.
        const kept = await files.readFile(lock, "utf8").catch(() => "");
        if (kept === mine) await files.unlink(lock).catch(() => {});
      }
    },
  };
}

/** @throws BrokerError `AuthenticationFailed`; what is in the file is never part of the message. */
export function parseTokenFile(text: string): AccessToken {
  let content: Readonly<Record<string, unknown>>;
  try {
    content = parse(text);
  } catch {
    throw unusable("the token file is not TOML");
  }
  const { token, expiry } = content;
  if (!isToken(token)) throw unusable('the token file has no token = "…"');
  const expiresAt = timeOf(expiry);
  if (Number.isNaN(expiresAt)) {
    throw unusable('the token file has no expiry = "…", a time such as 2026-01-01T00:00:00+00:00');
  }
  return { token, expiresAt };
}

/** A time without a zone counts as UTC. */
function timeOf(expiry: unknown): number {
  if (expiry instanceof TomlDate) return timeOf(expiry.toISOString());
  if (typeof expiry !== "string") return Number.NaN;
  const text = expiry.trim().replace(" ", "T");
  return Date.parse(/(?:[zZ]|[+-]\d\d:?\d\d)$/.test(text) || !text.includes("T") ? text : `${text}Z`);
}

function unusable(message: string): BrokerError {
  return new BrokerError("AuthenticationFailed", message, { outcome: "not_sent" });
}
