import { harmless } from "../desk/harmless.ts";
import type {
  ObservedEvent,
  ObservedRequest,
  ObservedWrite,
  Observer,
  RequestResult,
  WriteResult,
} from "./observer.ts";

/** Stands around a piece of work. */
type Around<About, Result> = (about: About, work: () => Promise<Result>) => unknown;

/** Everybody who watches one gateway. */
export interface Observers {
  /** Adds one, once, however often it is added; the returned function takes it away. */
  add(observer: Observer): () => void;
  /** Those who stand around requests now; empty when none does, so that nothing need be made for them. */
  aroundRequests(): readonly Around<ObservedRequest, RequestResult>[];
  aroundWrites(): readonly Around<ObservedWrite, WriteResult>[];
  /** Whether nobody watches anything; who counts is one of those who watch. */
  isEmpty(): boolean;
  /** Tells everybody; gives back whether one of them has written it down. */
  tell(event: ObservedEvent): boolean;
}

/** Begins with these. */
export function createObservers(first: readonly Observer[]): Observers {
  const observers = new Set<Observer>(first);

  function around<Name extends "request" | "write">(name: Name): readonly NonNullable<Observer[Name]>[] {
    let found: NonNullable<Observer[Name]>[] = NOBODY;
    for (const observer of observers) {
      harmless(() => {
        // Asked for each time: an observer may come and go behind a getter.
        const method = observer[name];
        if (typeof method === "function") found = [...found, method.bind(observer) as NonNullable<Observer[Name]>];
      });
    }
    return found;
  }

  return {
    add(observer) {
      observers.add(observer);
      return () => void observers.delete(observer);
    },
    isEmpty: () => observers.size === 0,
    aroundRequests: () => around("request"),
    aroundWrites: () => around("write"),
    tell(event) {
      let written = false;
      for (const observer of observers) {
        harmless(() => {
          const seen = observer.event?.(event);
          if (seen === true) written = true;
          return seen;
        });
      }
      return written;
    },
  };
}

const NOBODY: never[] = [];

/** What a piece of work ended with, and what those who watch are told of that. */
export interface Done<Value, Result> {
  readonly value: Value;
  readonly result: Result;
}

/**
 * Does the work within everybody who stands around it, the first outermost. `work` must not reject. It is done once and
 * nobody is waited for: who watches an order must neither repeat it nor hold its answer up.
 */
export function within<About, Result, Value>(
  around: readonly Around<About, Result>[],
  about: About,
  work: () => Promise<Done<Value, Result>>,
): Promise<Done<Value, Result>> {
  const nested = around.reduceRight<() => Promise<Done<Value, Result>>>((inner, method) => {
    let running: Promise<Done<Value, Result>> | undefined;
    const once = () => {
      running ??= inner();
      return running;
    };
    return () => {
      harmless(() => method(about, async () => (await once()).result));
      return once();
    };
  }, work);
  return nested();
}
