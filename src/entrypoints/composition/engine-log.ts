import {
  INTAKE_GROUP as LOG_INTAKE_GROUP,
  OUTCOMES_GROUP as LOG_OUTCOMES_GROUP,
} from '../../adapters/embedded/log-intake-source.ts';
import { reportLag } from '../../adapters/embedded/log-lag.ts';
import { DECIDE_GROUP as LOG_DECIDE_GROUP } from '../../adapters/embedded/log-session-outputs.ts';
import { deleteExpired } from '../../adapters/embedded/log-topics.ts';
import { openEmbeddedLog } from '../../adapters/embedded/log.ts';
import { KafkaIntakeSource } from '../../adapters/kafka/intake-source.ts';
import { DECIDE_GROUP, INTAKE_GROUP, KafkaNames, OUTCOMES_GROUP } from '../../adapters/kafka/names.ts';
import { PartitionCounts } from '../../adapters/kafka/partition-counts.ts';
import { KafkaPartitionGroup } from '../../adapters/kafka/partition-group.ts';
import { KafkaRecordWriter } from '../../adapters/kafka/record-writer.ts';
import { KafkaSessionOutputs } from '../../adapters/kafka/session-outputs.ts';
import { KafkaTopicAdmin } from '../../adapters/kafka/topic-admin.ts';
import { TOPICS, type TopicName } from '../../generated/topics.ts';
import type { Clock } from '../../pipeline/ports/clock.ts';
import type { IntakeSource, RecordWriter } from '../../pipeline/ports/intake.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import type { Metrics } from '../../pipeline/ports/metrics.ts';
import type { PartitionGroup, SessionOutputs } from '../../pipeline/ports/partitions.ts';
import type { Config, KafkaConfig } from '../../runtime/config.ts';
import { kafkaClients } from './kafka-clients.ts';
import { SIGNAL_TOPICS } from './signal-topics.ts';
import type { Store } from './store.ts';

export const OUTCOME_TOPICS: readonly TopicName[] = ['mmm.outcome_reports'];

/** The log behind the ports, Kafka or PostgreSQL. */
export interface EngineLog {
  readonly partitions: number;
  readonly writer: RecordWriter;
  readonly outputs: SessionOutputs;
  intake(): IntakeSource;
  outcomes(): IntakeSource;
  group(): PartitionGroup;
  /** Rejects if the log does not answer. */
  check(): Promise<void>;
  /** Lag gauges of all groups. Called every few seconds. */
  reportLag(): Promise<void>;
  /** Retention of the embedded log; Kafka has its own. Called every minute. */
  maintain(): Promise<void>;
  close(): Promise<void>;
}

export interface EngineLogDeps {
  readonly config: Config;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** The client has given up for good: the process has to end and be started again. */
  readonly onFailed: (error: Error) => void;
}

export const openEngineLog = (deps: EngineLogDeps): Promise<EngineLog> =>
  deps.config.distributed === null ? embeddedLog(deps) : kafkaLog(deps, deps.config.distributed.kafka);

const embeddedLog = (deps: EngineLogDeps): Promise<EngineLog> => {
  const { store, clock, logger, metrics } = deps;
  const partitions = TOPICS['mmm.signals'].partitions;
  const log = openEmbeddedLog({
    database: store.pipeline,
    clock,
    logger,
    metrics,
    signalPartitions: partitions,
    inputTopics: SIGNAL_TOPICS,
    outcomeTopics: OUTCOME_TOPICS,
  });
  return Promise.resolve({
    partitions,
    writer: log.writer,
    outputs: log.outputs,
    intake: () => log.intake,
    outcomes: () => log.outcomes,
    group: () => log.group,
    check: async () => void (await store.pipeline.query('SELECT 1')),
    reportLag: async () => {
      await reportLag(store.pipeline, LOG_INTAKE_GROUP, SIGNAL_TOPICS, clock.now(), metrics);
      await reportLag(store.pipeline, LOG_OUTCOMES_GROUP, OUTCOME_TOPICS, clock.now(), metrics);
      await reportLag(store.pipeline, LOG_DECIDE_GROUP, ['mmm.signals'], clock.now(), metrics);
    },
    maintain: async () => void (await deleteExpired(store.pipeline, clock.now())),
    close: () => log.writer.close(),
  });
};

const kafkaLog = async (deps: EngineLogDeps, kafka: KafkaConfig): Promise<EngineLog> => {
  const { config, clock, logger, metrics, onFailed } = deps;
  const clients = kafkaClients(kafka, logger);
  const names = new KafkaNames(config.namespace);
  const topics = new KafkaTopicAdmin(clients.patient, names);
  await topics.connect();
  try {
    await topics.assertBrokerVersions();
    const partitions = await topics.partitionCount('mmm.signals');
    const counts = new PartitionCounts(topics.admin, names, clock);
    const shared = { names, counts, admin: topics.admin, clock, logger, metrics };
    let member: KafkaPartitionGroup | null = null;
    const writer = new KafkaRecordWriter({ kafka: clients.patient, names, counts, logger });
    return {
      partitions,
      writer,
      outputs: new KafkaSessionOutputs({ ...shared, kafka: clients.transactional }),
      intake: () => new KafkaIntakeSource({ ...shared, kafka: clients.patient, topics: SIGNAL_TOPICS, onFailed }),
      outcomes: () =>
        new KafkaIntakeSource({
          ...shared,
          kafka: clients.patient,
          topics: OUTCOME_TOPICS,
          group: OUTCOMES_GROUP,
          onFailed,
        }),
      group: () => (member = new KafkaPartitionGroup({ ...shared, kafka: clients.patient, onFailed })),
      check: async () => void (await topics.partitionCount('mmm.signals')),
      reportLag: async () => {
        member?.reportLag();
        await topics.reportLag(INTAKE_GROUP, SIGNAL_TOPICS, metrics);
        await topics.reportLag(OUTCOMES_GROUP, OUTCOME_TOPICS, metrics);
        await topics.reportLag(DECIDE_GROUP, ['mmm.signals'], metrics);
      },
      maintain: () => Promise.resolve(),
      close: async () => {
        await writer.close();
        await topics.close();
      },
    };
  } catch (error) {
    await topics.close();
    throw error;
  }
};
