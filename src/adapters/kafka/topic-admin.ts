import { setTimeout as delay } from 'node:timers/promises';
import type { Admin, ITopicConfig, Kafka } from 'kafkajs';
import kafkajs from 'kafkajs';
import { planTopics } from '../../admin/commands/plan-topics.ts';
import type { ExistingTopic, TopicStep } from '../../admin/commands/plan-topics.ts';
import { MmmError } from '../../errors.ts';
import type { TopicName } from '../../generated/topics.ts';
import { TOPIC_NAMES } from '../../generated/topics.ts';
import type { Metrics } from '../../pipeline/ports/metrics.ts';
import { inTurns } from './admin-turns.ts';
import { assertBrokerVersions } from './broker-versions.ts';
import { logUnavailable } from './client-errors.ts';
import type { KafkaNames } from './names.ts';
import { onceLed } from './once-led.ts';
import { countPartitions } from './partition-counts.ts';

const { ConfigResourceTypes, ConfigSource } = kafkajs;

const AGAIN_MS = 50;
const CONFIGURED_WITHIN_MS = 10_000;

/** Copies of each partition where the cluster has as many brokers. */
const REPLICAS = 3;

/** Topics of an installation: set up, compared, measured. Own connection: `connect` before, `close` after. */
export class KafkaTopicAdmin {
  readonly #kafka: Kafka;
  readonly #admin: Admin;
  readonly #names: KafkaNames;

  constructor(kafka: Kafka, names: KafkaNames) {
    this.#kafka = kafka;
    this.#admin = inTurns(kafka.admin());
    this.#names = names;
  }

  async connect(): Promise<void> {
    await this.#try(async () => this.#admin.connect());
  }

  async close(): Promise<void> {
    await this.#admin.disconnect();
  }

  /** The connected client, for the parts of this folder that need one. */
  get admin(): Admin {
    return this.#admin;
  }

  async assertBrokerVersions(): Promise<void> {
    await assertBrokerVersions(this.#kafka);
  }

  /** @throws MmmError TOPIC_MISSING, LOG_UNAVAILABLE. */
  async partitionCount(topic: TopicName): Promise<number> {
    return countPartitions(this.#admin, this.#names.topic(topic));
  }

  /** What `apply` would do. Changes nothing. */
  async plan(): Promise<readonly TopicStep[]> {
    return planTopics(await this.#existing());
  }

  /** Does the plan and answers it. Two at once are harmless: a topic that the other made meanwhile is taken as made. */
  async apply(): Promise<readonly TopicStep[]> {
    const steps = await this.plan();
    const creations = steps.filter((step) => step.kind === 'create');
    const replicationFactor = Math.min(REPLICAS, await this.#brokerCount());
    if (creations.length > 0) {
      const topics = creations.map(({ topic, partitions, configs }) => ({
        topic: this.#names.topic(topic),
        numPartitions: partitions,
        replicationFactor,
        configEntries: Object.entries(configs).map(([name, value]) => ({ name, value })),
      }));
      await this.#try(async () => this.createAll(topics));
    }
    const changes = steps.filter((step) => step.kind === 'configure');
    if (changes.length > 0) {
      await this.#try(async () => {
        await this.#admin.alterConfigs({
          validateOnly: false,
          resources: changes.map(({ topic, configs }) => ({
            type: ConfigResourceTypes.TOPIC,
            name: this.#names.topic(topic),
            configEntries: Object.entries(configs).map(([name, value]) => ({ name, value })),
          })),
        });
      });
      await this.#configured();
    }
    return steps;
  }

  /** Makes topics that are not there and waits until every partition answers. The client's own wait ends at the first transient error. */
  async createAll(topics: ITopicConfig[]): Promise<void> {
    await this.#admin.createTopics({ waitForLeaders: false, topics });
    await Promise.all(topics.map(async ({ topic }) => onceLed(() => this.#admin.fetchTopicOffsets(topic))));
  }

  /** Deletes the records before the offsets given, by partition (DeleteRecords). @throws MmmError LOG_UNAVAILABLE, TOPIC_MISSING. */
  async cut(topic: TopicName, before: ReadonlyMap<number, bigint>): Promise<void> {
    const partitions = [...before].map(([partition, offset]) => ({ partition, offset: offset.toString() }));
    const fullName = this.#names.topic(topic);
    await this.#try(async () => {
      // The client deletes only from topics whose leaders it has been made to know.
      await this.#admin.fetchTopicOffsets(fullName);
      await this.#admin.deleteTopicRecords({ topic: fullName, partitions });
    });
  }

  /** Gauge mmm_consumer_lag_records of a group: records behind the end, control records of transactions counted in (1 or 2 stay). */
  async reportLag(group: string, topics: readonly TopicName[], metrics: Metrics): Promise<void> {
    const behind = (await this.lag(group, topics)).reduce((sum, { records }) => sum + records, 0n);
    metrics.gauge('mmm_consumer_lag_records', Number(behind), { group });
  }

  async lag(
    group: string,
    topics: readonly TopicName[],
  ): Promise<readonly { topic: TopicName; partition: number; records: bigint }[]> {
    return this.#try(async () => {
      const committed = await this.#admin.fetchOffsets({
        groupId: this.#names.group(group),
        topics: topics.map((topic) => this.#names.topic(topic)),
      });
      const result: { topic: TopicName; partition: number; records: bigint }[] = [];
      for (const topic of topics) {
        const fullName = this.#names.topic(topic);
        const offsets = committed.find((entry) => entry.topic === fullName)?.partitions ?? [];
        for (const { partition, low, high } of await this.#admin.fetchTopicOffsets(fullName)) {
          const at = BigInt(offsets.find((entry) => entry.partition === partition)?.offset ?? -1);
          const from = at < BigInt(low) ? BigInt(low) : at;
          result.push({ topic, partition, records: BigInt(high) - from });
        }
      }
      return result;
    });
  }

  /** A broker answers with the old settings until it has read the controller's: whoever checks right after applying must see them. */
  async #configured(): Promise<void> {
    for (let waitedMs = 0; ; waitedMs += AGAIN_MS) {
      if ((await this.plan()).every(({ kind }) => kind !== 'configure')) return;
      if (waitedMs >= CONFIGURED_WITHIN_MS)
        throw new MmmError('LOG_UNAVAILABLE', `the broker shows no new settings ${waitedMs} ms after it took them`);
      await delay(AGAIN_MS);
    }
  }

  async #brokerCount(): Promise<number> {
    return (await this.#try(async () => this.#admin.describeCluster())).brokers.length;
  }

  async #existing(): Promise<ReadonlyMap<TopicName, ExistingTopic>> {
    return this.#try(async () => {
      const present = new Set(await this.#admin.listTopics());
      const ours = TOPIC_NAMES.filter((topic) => present.has(this.#names.topic(topic)));
      if (ours.length === 0) return new Map();
      const fullNames = ours.map((topic) => this.#names.topic(topic));
      const { topics } = await this.#admin.fetchTopicMetadata({ topics: fullNames });
      const { resources } = await this.#admin.describeConfigs({
        includeSynonyms: false,
        resources: fullNames.map((name) => ({ type: ConfigResourceTypes.TOPIC, name })),
      });
      return new Map(
        ours.map((topic): [TopicName, ExistingTopic] => {
          const fullName = this.#names.topic(topic);
          const entries = resources.find((resource) => resource.resourceName === fullName)?.configEntries ?? [];
          const own = entries.filter((entry) => Number(entry.configSource) === Number(ConfigSource.TOPIC_CONFIG));
          const partitions = topics.find((found) => found.name === fullName)?.partitions.length ?? 0;
          return [topic, { partitions, configs: Object.fromEntries(own.map((e) => [e.configName, e.configValue])) }];
        }),
      );
    });
  }

  async #try<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof MmmError) throw error;
      throw logUnavailable(error);
    }
  }
}
