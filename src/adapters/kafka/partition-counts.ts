import type { Admin } from 'kafkajs';
import { MmmError } from '../../errors.ts';
import type { TopicName } from '../../generated/topics.ts';
import type { Clock } from '../../pipeline/ports/clock.ts';
import { clientErrorFacts, logUnavailable } from './client-errors.ts';
import type { KafkaNames } from './names.ts';

/** An operator may add partitions to an output; the engine follows within this time. */
const FRESH_MS = 300_000;

/** How many partitions each topic has, remembered: it is asked for every record that is published. */
export class PartitionCounts {
  readonly #admin: Admin;
  readonly #names: KafkaNames;
  readonly #clock: Clock;
  readonly #known = new Map<TopicName, { readonly count: number; readonly until: number }>();

  constructor(admin: Admin, names: KafkaNames, clock: Clock) {
    this.#admin = admin;
    this.#names = names;
    this.#clock = clock;
  }

  /** A plain number when it is known and fresh, else a promise. @throws MmmError TOPIC_MISSING or LOG_UNAVAILABLE. */
  of(topic: TopicName): number | Promise<number> {
    const known = this.#known.get(topic);
    return known !== undefined && this.#clock.monotonicMs() < known.until ? known.count : this.refresh(topic);
  }

  async refresh(topic: TopicName): Promise<number> {
    const count = await countPartitions(this.#admin, this.#names.topic(topic));
    this.#known.set(topic, { count, until: this.#clock.monotonicMs() + FRESH_MS });
    return count;
  }
}

export async function countPartitions(admin: Admin, fullName: string): Promise<number> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [fullName] });
    const found = topics.find((topic) => topic.name === fullName);
    if (found !== undefined && found.partitions.length > 0) return found.partitions.length;
  } catch (error) {
    if (clientErrorFacts(error).type !== 'UNKNOWN_TOPIC_OR_PARTITION') throw logUnavailable(error);
  }
  throw new MmmError('TOPIC_MISSING', undefined, { details: { topic: fullName } });
}
