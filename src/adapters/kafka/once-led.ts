import { setTimeout as delay } from 'node:timers/promises';
import { clientErrorFacts } from './client-errors.ts';

/** What brokers answer of a partition that was just made, or is just moving to another leader. */
const NOT_YET = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION']);
const LIMIT_MS = 10_000;
const AGAIN_MS = 50;

/** Asks again while a partition has no leader yet; the client's admin calls give up at the first such answer. */
export async function onceLed<T>(work: () => Promise<T>): Promise<T> {
  for (let waitedMs = 0; ; waitedMs += AGAIN_MS) {
    try {
      return await work();
    } catch (error) {
      const { type } = clientErrorFacts(error);
      if (type === undefined || !NOT_YET.has(type) || waitedMs >= LIMIT_MS) throw error;
    }
    await delay(AGAIN_MS);
  }
}
