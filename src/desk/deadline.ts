import { Failure } from "../domain/failure.ts";
import type { Call } from "../spec/broker.ts";
import { type Alarm, ownTimer } from "./alarm.ts";

/** What `within` resolves with when the time is up. */
export const TIME_IS_UP: unique symbol = Symbol("time is up");

/** What a deadline may stand on besides its time. */
export interface DeadlineOptions {
  /** What calls back when the time is up. Default: a timer of its own. */
  readonly alarm?: Alarm | undefined;
  /** Aborts when the client goes away; asked for only if the broker looks at its signal. */
  readonly clientSignal?: (() => AbortSignal) | undefined;
}

/** Makes the deadlines of one desk's requests. */
export type NewDeadline = (clientSignal?: () => AbortSignal) => Deadline;

/**
 * The time that a request to a broker may take, and the signal that tells the broker. The signal is made when it is
 * first asked for: most brokers' fast paths never look, and making one costs as much as validating the request.
 */
export class Deadline implements Call {
  forWrite = false;
  readonly deadline: number;
  readonly #alarm: Alarm;
  readonly #clientSignal: (() => AbortSignal) | undefined;
  #controller: AbortController | undefined;
  #aborted = false;
  /** Ends the wait that is under way. */
  #ring: (() => void) | undefined;
  #stopFollowing: (() => void) | undefined;

  constructor(milliseconds: number, { alarm = ownTimer, clientSignal }: DeadlineOptions = {}) {
    this.deadline = performance.now() + milliseconds;
    this.#alarm = alarm;
    this.#clientSignal = clientSignal;
  }

  /** True when the time is up. */
  get isOver(): boolean {
    return performance.now() >= this.deadline;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort();
      else this.#follow(this.#clientSignal?.());
    }
    return this.#controller.signal;
  }

  /** True once the broker was told to stop. */
  get isAborted(): boolean {
    return this.#aborted;
  }

  /** Tells the broker to stop, where that can be told. */
  abort(): void {
    this.#aborted = true;
    this.#stopFollowing?.();
    try {
      this.#controller?.abort();
    } catch {
      // An edge worker lets no request end the signal of another.
    }
  }

  /** Tells the broker to stop, and lets who waits for it go after so many milliseconds, as when the time is up. */
  giveUp(milliseconds: number): void {
    this.abort();
    setTimeout(() => this.#ring?.(), milliseconds);
  }

  /** Waits for `work` until the deadline. Lets go of the client's signal then: an abort after the answer means nothing. */
  within<T>(work: Promise<T>): Promise<T | typeof TIME_IS_UP> {
    return this.#until<T | typeof TIME_IS_UP>(work, (resolve) => resolve(TIME_IS_UP));
  }

  /** As `within`, but when the time is up tells the broker to stop and rejects with `Timeout` and this message. */
  limit<T>(work: Promise<T>, message: string): Promise<T> {
    return this.#until<T>(work, (_, reject) => {
      this.abort();
      reject(new Failure("Timeout", message));
    });
  }

  #until<T>(
    work: Promise<T>,
    timeIsUp: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const ring = () => timeIsUp(resolve, reject);
      const cancel = this.#alarm(this.deadline, ring);
      this.#ring = ring;
      // What a broker gives may be no promise.
      Promise.resolve(work).then(
        (answer) => {
          cancel();
          this.#stopFollowing?.();
          resolve(answer);
        },
        (error: unknown) => {
          cancel();
          this.#stopFollowing?.();
          reject(error);
        },
      );
    });
  }

  #follow(client: AbortSignal | undefined): void {
    if (client === undefined) return;
    if (client.aborted) {
      this.abort();
      return;
    }
    const abort = () => this.abort();
    client.addEventListener("abort", abort, { once: true });
    this.#stopFollowing = () => client.removeEventListener("abort", abort);
  }
}
