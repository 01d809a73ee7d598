import { pause } from "./retry.ts";

/** The first attempt after a lost connection: reads wait for what becomes of it. */
export class Revival {
  #underWay: AbortController | undefined;

  begin(): void {
    this.#underWay = new AbortController();
  }

  end(): void {
    this.#underWay?.abort();
    this.#underWay = undefined;
  }

  /** Resolves when it has ended, after so many milliseconds, or when the signal aborts; at once while none is under way. */
  async wait(mostMs: number, signal: AbortSignal): Promise<void> {
    if (this.#underWay !== undefined) await pause(mostMs, signal, this.#underWay.signal);
  }
}
