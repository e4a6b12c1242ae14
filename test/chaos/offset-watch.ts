import { type Admin, Kafka } from 'kafkajs';
import type { TopicName } from '../../src/generated/topics.ts';
import type { Installation } from '../e2e/support/installation.ts';

const EVERY_MS = 1_000;
const GROUPS: readonly (readonly [group: string, topics: readonly TopicName[]])[] = [
  ['mmm-intake', ['pm3.signals.normalized', 'ubi.behavioural_signals']],
  ['mmm-decide', ['mmm.signals', 'mmm.outbox']],
];

/** I6 while a run goes on: no committed offset of the engine's groups ever goes back, except where a fault took it away. */
export class OffsetWatch {
  readonly #installation: Installation;
  readonly #admin: Admin;
  readonly #highest = new Map<string, bigint>();
  readonly #faults: string[] = [];
  #excused = false;
  #inputForgotten = false;
  #ended = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(installation: Installation) {
    this.#installation = installation;
    this.#admin = new Kafka({
      clientId: 'chaos-watch',
      brokers: [...installation.brokers],
      connectionTimeout: 1_000,
      requestTimeout: 5_000,
      retry: { retries: 1 },
      logCreator: () => () => undefined,
    }).admin();
  }

  get faults(): readonly string[] {
    return this.#faults;
  }

  /** A fault let the broker forget how far the inputs were read. */
  forgetInput(): void {
    this.#inputForgotten = true;
  }

  get inputForgotten(): boolean {
    return this.#inputForgotten;
  }

  async start(): Promise<void> {
    await this.#admin.connect();
    this.#loop = this.#run();
  }

  /** A fault takes offsets away: until `watch` nothing is compared. */
  excuse(): void {
    this.#excused = true;
  }

  watch(): void {
    this.#highest.clear();
    this.#excused = false;
  }

  /** What each group has not read yet, over all its topics; null: the broker does not say. Cursors have no end to be compared with. */
  async lag(): Promise<bigint | null> {
    try {
      let lag = 0n;
      for (const [group, topics] of GROUPS) {
        for (const topic of topics) {
          if (topic === 'mmm.outbox') continue;
          const committed = await this.#committed(group, topic);
          for (const { partition, low, high } of await this.#admin.fetchTopicOffsets(this.#installation.topic(topic))) {
            const at = committed.get(partition) ?? -1n;
            lag += BigInt(high) - (at < 0n ? BigInt(low) : at);
          }
        }
      }
      return lag;
    } catch {
      return null;
    }
  }

  /** -1 where a shard has none. */
  async cursors(): Promise<ReadonlyMap<number, bigint>> {
    return await this.#committed('mmm-decide', 'mmm.outbox');
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#loop;
    await this.#admin.disconnect().catch(() => undefined);
  }

  async #run(): Promise<void> {
    while (!this.#ended) {
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
      if (this.#excused) continue;
      for (const [group, topics] of GROUPS) {
        for (const topic of topics) {
          // The broker may be away.
          const committed = await this.#committed(group, topic).catch(() => null);
          if (committed !== null && !this.#excused) this.#compare(group, topic, committed);
        }
      }
    }
  }

  #compare(group: string, topic: TopicName, committed: ReadonlyMap<number, bigint>): void {
    for (const [partition, offset] of committed) {
      const place = `${group} ${topic}/${partition}`;
      const before = this.#highest.get(place);
      if (before !== undefined && offset < before) this.#faults.push(`${place} went from ${before} to ${offset}`);
      this.#highest.set(place, offset);
    }
  }

  async #committed(group: string, topic: TopicName): Promise<ReadonlyMap<number, bigint>> {
    const name = this.#installation.topic(topic);
    const [found] = await this.#admin.fetchOffsets({
      groupId: `${this.#installation.namespace}${group}`,
      topics: [name],
    });
    return new Map((found?.partitions ?? []).map(({ partition, offset }) => [partition, BigInt(offset)]));
  }
}
