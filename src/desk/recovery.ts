/** What is taken over once from the journal, and asked for again where that failed. */

export interface Recovery {
  /** True once it was asked for, unless that failed. */
  readonly hasBegun: boolean;
  readonly isDone: boolean;
  /** Resolves once it is taken over; rejects while the journal cannot be read. */
  run(): Promise<void>;
}

/** @param read reads the journal, and takes over what it remembers. */
export function createRecovery(read: () => Promise<void>): Recovery {
  let running: Promise<void> | undefined;
  let isDone = false;

  async function once(): Promise<void> {
    try {
      await read();
      isDone = true;
    } catch (error) {
      running = undefined;
      throw error;
    }
  }

  return {
    get hasBegun() {
      return running !== undefined;
    },
    get isDone() {
      return isDone;
    },
    run() {
      running ??= once();
      return running;
    },
  };
}
