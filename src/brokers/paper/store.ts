/** Where a paper account is kept over a restart. */

/** A place for one text. Both must end; a rejection of `save` leaves the text that was there before. */
export interface PaperStore {
  /** The text that was last saved, `null` when there is none. */
  load(): Promise<string | null>;
  /** Resolves when the text will survive a crash. Never called again before it has ended. */
  save(text: string): Promise<void>;
}

/** Saves the newest state, one write at a time. */
export interface Saver {
  /** Resolves when a state taken after this call is kept. Calls that come during a write share the next one. */
  save(): Promise<void>;
  /** Resolves when everything that was to be saved by now is kept; what could not be is tried once more. */
  settled(): Promise<void>;
}

export function createSaver(store: PaperStore, state: () => string): Saver {
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  const write = async (): Promise<void> => store.save(state());
  const save = (): Promise<void> => {
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        running = write();
        return running;
      });
    return next;
  };
  return { save, settled: () => next ?? running.catch(save) };
}

/** The part of `node:fs/promises` that is used. */
interface FileSystem {
  readFile(path: string, encoding: "utf8"): Promise<string>;
  open(path: string, flags: string, mode?: number): Promise<FileHandle>;
  rename(from: string, to: string): Promise<void>;
  rm(path: string, options: { force: boolean }): Promise<void>;
  realpath(path: string): Promise<string>;
  readlink(path: string): Promise<string>;
  stat(path: string): Promise<{ readonly mtimeMs: number }>;
}

interface FileHandle {
  writeFile(text: string): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Milliseconds after which nobody is still writing: what lies beside the file was left by a process that was killed. */
const LEFT_AFTER_MS = 60_000;

/**
 * A file, readable by its owner only. A new text is written beside it, flushed, and put in its place in one step, so
 * that a crash leaves the old text or the new one; a link to the file stays one. A text of somebody else is not written over.
 */
export function fileStore(path: string): PaperStore {
  /** What the file holds as far as we know, `null` for none. */
  let known: string | null = null;
  const read = async (): Promise<string | null> => {
    try {
      return await fileSystem().readFile(path, "utf8");
    } catch (error) {
      if (isMissing(error)) return null;
      throw new Error(`${path} cannot be read: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  };
  /** Made anew, so that of two who write at the same time the second fails, and neither reads what the other replaces. */
  const openBeside = async (files: FileSystem, beside: string): Promise<FileHandle> => {
    const open = () => files.open(beside, "wx", 0o600);
    try {
      return await open();
    } catch (error) {
      const { mtimeMs } = await files.stat(beside).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
      if (Date.now() - mtimeMs < LEFT_AFTER_MS) throw error;
      await files.rm(beside, { force: true });
      return await open();
    }
  };
  return {
    load: async () => {
      const files = fileSystem();
      const place = await placeOf(path, files);
      // What a process left that was killed while it wrote.
      await files.rm(`${place}.new`, { force: true });
      known = await read();
      // Otherwise the first order would tell, of which nobody could say any more that it was not placed.
      await files.stat(folderOf(place) || ".").catch((error: unknown) => {
        if (isMissing(error)) throw new Error(`${path} has no folder to be kept in: make it`, { cause: error });
      });
      return known;
    },
    save: async (text) => {
      const files = fileSystem();
      const place = await placeOf(path, files);
      const beside = `${place}.new`;
      const opened = await openBeside(files, beside);
      try {
        await withFile(opened, async (file) => {
          const found = await read();
          if (found !== null && found !== known) {
            throw new Error(`${path} was written by somebody else since; only one gateway may keep its account there`);
          }
          await file.writeFile(text);
          await file.sync();
        });
        await files.rename(beside, place);
      } catch (error) {
        await files.rm(beside, { force: true });
        throw error;
      }
      known = text;
      // The new name itself must survive too; a system that opens no folders sees to that unasked.
      await files
        .open(folderOf(place) || ".", "r")
        .then((held) => withFile(held, () => held.sync()))
        .catch(() => undefined);
    },
  };
}

/** Where the file is that a path names, through a link to it too, even if there is none yet. */
async function placeOf(path: string, files: FileSystem): Promise<string> {
  try {
    return await files.realpath(path);
  } catch {
    const link = await files.readlink(path).catch(() => path);
    return link === path || /^([/\\]|[A-Z]:)/i.test(link) ? link : `${folderOf(path)}${link}`;
  }
}

function folderOf(path: string): string {
  return path.replace(/[^/\\]*$/, "");
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, "code") === "ENOENT";
}

async function withFile(file: FileHandle, use: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await use(file);
  } finally {
    await file.close();
  }
}

/** Asked for by name at run time: an `import` of a file system would keep this broker from running on workers. */
function fileSystem(): FileSystem {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  const files = process?.getBuiltinModule?.("node:fs/promises");
  if (files === undefined)
    throw new Error("this runtime has no file system: give paper() a `store` instead of a `stateFile`");
  return files as FileSystem;
}
