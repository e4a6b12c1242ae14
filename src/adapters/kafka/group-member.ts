import type { Consumer, ConsumerRunConfig, Kafka } from 'kafkajs';
import { logUnavailable } from './client-errors.ts';
import { GroupHealth, type GroupHealthDeps } from './group-health.ts';
import { MEMBER } from './member-settings.ts';
import type { KafkaNames } from './names.ts';
import { DeadlineError, within } from './within.ts';

/** One fetch of one partition; with the high marks of whoever buffers, this bounds what a partition can hold. */
const MAX_BYTES_PER_PARTITION = 1_048_576;

/** Leaves four seconds of the ten that an ordered stop has to everything else. */
const JOIN_AWAITED_MS = 6_000;

export interface GroupMemberDeps extends GroupHealthDeps {
  /** Not the client object of the transactional producers. */
  readonly kafka: Kafka;
  readonly names: KafkaNames;
}

/** One member of one consumer group: how it joins, how it leaves, and whether it is there. */
export class GroupMember {
  readonly consumer: Consumer;
  readonly health: GroupHealth;
  readonly #deps: GroupMemberDeps;
  readonly #group: string;
  #firstJoin: Promise<void> = Promise.resolve();

  constructor(deps: GroupMemberDeps, group: string) {
    this.#deps = deps;
    this.#group = group;
    this.consumer = deps.kafka.consumer({
      ...MEMBER,
      groupId: deps.names.group(group),
      maxBytesPerPartition: MAX_BYTES_PER_PARTITION,
    });
    this.health = new GroupHealth(this.consumer, deps);
  }

  /**
   * Asks to join, and does not wait for the answer: that may take the session of a member that was killed, for which neither the stages beside it nor a
   * stop should wait. `health` says when it has joined; what goes wrong with it is told to `onFailed`. Throws LOG_UNAVAILABLE, TOPIC_MISSING.
   */
  async start(topics: readonly string[], handling: ConsumerRunConfig): Promise<void> {
    try {
      await this.consumer.connect();
      // Earliest: after offsets were lost, reading twice is found by the ids; skipping is not.
      await this.consumer.subscribe({ topics: [...topics], fromBeginning: true });
    } catch (error) {
      throw logUnavailable(error);
    }
    const settings = { autoCommit: false, eachBatchAutoResolve: false, ...handling };
    this.#firstJoin = this.consumer.run(settings).catch((error: unknown) => this.#deps.onFailed(logUnavailable(error)));
  }

  /**
   * Leaves the group, or gives that up. The client can leave only between two of its requests, and a request to join is answered when every member has
   * joined or run out of its session: with one of them killed or hung that takes longer than a stop may. While it joins it works on nothing; the others
   * then wait for the session of this member, as they would had it been killed. Whatever else holds the member up is waited for.
   */
  async leave(): Promise<void> {
    // Told while it joins for the first time, the client would hang up at once, and start to read when the answer comes.
    const left = this.#firstJoin.then(async () => await this.consumer.disconnect());
    try {
      await within(JOIN_AWAITED_MS, left);
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      if (!this.health.joining) return await left;
      this.#deps.logger.warn('kafka.left_unannounced', { group: this.#group, waited_ms: JOIN_AWAITED_MS });
    }
  }
}
