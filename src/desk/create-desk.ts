import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Journal } from "../journal/journal.ts";
import type { Broker } from "../spec/broker.ts";
import { OPERATIONS } from "../spec/capabilities.ts";
import type { InstanceOptions } from "../spec/define-broker.ts";
import { createReads } from "./reads.ts";
import { createSeat } from "./seat.ts";
import type { Desk } from "./types.ts";
import { createWrites } from "./writes.ts";

/** Milliseconds that a request may take unless the instance says otherwise. */
export const DEFAULT_DEADLINE_MS = 10_000;

/** What a desk stands on. */
export interface DeskOptions {
  readonly broker: Broker;
  readonly instance: InstanceOptions;
  readonly journal: Journal;
}

/** Opens a desk for one broker. Does nothing until it is used. */
export function createDesk({ broker, instance, journal }: DeskOptions): Desk {
  const deadlineMs = instance.deadlineMs ?? DEFAULT_DEADLINE_MS;
  const seat = createSeat(broker);
  const reads = createReads(seat, deadlineMs);
  const digest = bytesToHex(sha256(utf8ToBytes(instance.instanceId))).slice(0, 16);
  const writes = createWrites({ seat, reads, journal, instance: digest, deadlineMs });
  const operations = OPERATIONS.filter((operation) => broker[operation] !== undefined);

  return {
    kind: broker.kind,
    display: broker.display,
    name: instance.name ?? broker.kind,
    capabilities: () => ({ ...broker.capabilities(), operations }),
    start: seat.start,
    close: seat.close,
    ...reads,
    ...writes,
  };
}
