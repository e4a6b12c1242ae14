import { Kafka } from 'kafkajs';
import { createKafkaClients } from '../../../src/adapters/kafka/connection.ts';
import type { KafkaClients } from '../../../src/adapters/kafka/connection.ts';
import { KafkaIntakeSource } from '../../../src/adapters/kafka/intake-source.ts';
import { KafkaNames } from '../../../src/adapters/kafka/names.ts';
import { PartitionCounts } from '../../../src/adapters/kafka/partition-counts.ts';
import { KafkaPartitionGroup } from '../../../src/adapters/kafka/partition-group.ts';
import { KafkaRecordWriter } from '../../../src/adapters/kafka/record-writer.ts';
import { KafkaSessionOutputs } from '../../../src/adapters/kafka/session-outputs.ts';
import { KafkaTopicAdmin } from '../../../src/adapters/kafka/topic-admin.ts';
import type { TopicName } from '../../../src/generated/topics.ts';
import { TOPIC_NAMES } from '../../../src/generated/topics.ts';
import type { Logger } from '../../../src/pipeline/ports/logger.ts';
import type { Metrics } from '../../../src/pipeline/ports/metrics.ts';
import { uniqueName } from '../../infra/stack.ts';

export const clock = { now: (): number => Date.now(), monotonicMs: (): number => performance.now() };
export const logger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => logger,
};
export const metrics: Metrics = {
  records: () => undefined,
  count: () => undefined,
  gauge: () => undefined,
  observe: () => undefined,
};

export const brokers = (): string[] => {
  const value = process.env['KAFKA_BOOTSTRAP_SERVERS'];
  if (value === undefined) throw new Error('KAFKA_BOOTSTRAP_SERVERS is not set: run this suite through npm test');
  return value.split(',');
};

/** The adapter on the run's broker, in a namespace of its own, with small topics. */
export class TestCluster {
  readonly clients: KafkaClients;
  readonly names: KafkaNames;
  readonly admin: KafkaTopicAdmin;
  readonly counts: PartitionCounts;
  readonly writer: KafkaRecordWriter;
  readonly outputs: KafkaSessionOutputs;
  readonly #groups: KafkaPartitionGroup[] = [];

  constructor(bootstrap = brokers(), namespace = `${uniqueName('kafka')}.`) {
    this.clients = createKafkaClients({ brokers: bootstrap, clientId: 'test' }, logger);
    this.names = new KafkaNames(namespace);
    this.admin = new KafkaTopicAdmin(this.clients.patient, this.names);
    this.counts = new PartitionCounts(this.admin.admin, this.names, clock);
    this.writer = new KafkaRecordWriter({
      kafka: this.clients.patient,
      names: this.names,
      counts: this.counts,
      logger,
    });
    this.outputs = new KafkaSessionOutputs(this.deps());
  }

  deps() {
    const { clients, names, counts, admin } = this;
    return { kafka: clients.transactional, admin: admin.admin, names, counts, metrics, clock, logger };
  }

  async start(partitions: number): Promise<void> {
    await this.admin.connect();
    const topics = TOPIC_NAMES.map((topic) => ({
      topic: this.names.topic(topic),
      numPartitions: partitions,
      replicationFactor: 1,
    }));
    await this.admin.createAll(topics);
  }

  newGroup(onFailed: (error: Error) => void = () => undefined): KafkaPartitionGroup {
    const group = new KafkaPartitionGroup({ ...this.deps(), kafka: this.clients.patient, onFailed });
    this.#groups.push(group);
    return group;
  }

  newIntake(topics: readonly TopicName[]): KafkaIntakeSource {
    const { clients, names } = this;
    return new KafkaIntakeSource({
      kafka: clients.patient,
      names,
      topics,
      metrics,
      logger,
      onFailed: () => undefined,
    });
  }

  async close(): Promise<void> {
    for (const group of this.#groups) await group.stop();
    await this.writer.close();
    await this.admin.close();
  }
}

/** The client as anybody uses it, without our adapter. */
export const plainClient = (bootstrap = brokers()): Kafka =>
  new Kafka({ clientId: 'plain', brokers: bootstrap, logCreator: () => () => undefined });
