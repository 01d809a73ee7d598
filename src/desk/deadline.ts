import { Failure } from "../domain/failure.ts";
import type { Call } from "../spec/broker.ts";

/** What `within` resolves with when the time is up. */
export const TIME_IS_UP: unique symbol = Symbol("time is up");

/**
 * The time that a request to a broker may take, and the signal that tells the broker. The signal is made when it is
 * first asked for: most brokers' fast paths never look, and making one costs as much as validating the request.
 */
export class Deadline implements Call {
  readonly #ends: number;
  readonly #clientSignal: (() => AbortSignal) | undefined;
  #controller: AbortController | undefined;
  #aborted = false;
  #stopFollowing: (() => void) | undefined;

  constructor(milliseconds: number, clientSignal?: () => AbortSignal) {
    this.#ends = performance.now() + milliseconds;
    this.#clientSignal = clientSignal;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort();
      else this.#follow(this.#clientSignal?.());
    }
    return this.#controller.signal;
  }

  /** Tells the broker to stop. */
  abort(): void {
    this.#aborted = true;
    this.#stopFollowing?.();
    this.#controller?.abort();
  }

  /** Waits for `work` until the deadline. */
  within<T>(work: Promise<T>): Promise<T | typeof TIME_IS_UP> {
    const left = Math.max(0, this.#ends - performance.now());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, left, TIME_IS_UP);
      // What a broker gives may be no promise.
      Promise.resolve(work).then(
        (answer) => {
          clearTimeout(timer);
          resolve(answer);
        },
        (error: unknown) => {
          clearTimeout(timer);
          reject(error);
        },
      );
    });
  }

  /** Waits for `work` until the deadline; then tells the broker to stop and throws `Timeout` with this message. */
  async limit<T>(work: Promise<T>, message: string): Promise<T> {
    const answer = await this.within(work);
    if (answer !== TIME_IS_UP) return answer;
    this.abort();
    throw new Failure("Timeout", message);
  }

  /** Lets go of the client's signal; an abort after the answer means nothing. */
  end(): void {
    this.#stopFollowing?.();
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
