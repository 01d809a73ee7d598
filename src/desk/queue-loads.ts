import type { Broker, QueueLoad } from "../spec/broker.ts";

/**
 * What a broker says of its queues, as far as it can be written down. Operators read of all brokers at once: what one of
 * them says wrong must not keep the others from being read of.
 */
export function queueLoads(broker: Broker): readonly QueueLoad[] {
  try {
    const said: unknown = broker.queues?.();
    return Array.isArray(said) ? said.filter(isQueueLoad) : [];
  } catch {
    return [];
  }
}

function isQueueLoad(said: QueueLoad | null | undefined): boolean {
  if (typeof said?.name !== "string") return false;
  return [said.waiting, said.taken, said.waitedMs, said.refused].every(Number.isFinite);
}
