import { committedLogCursors } from '../../adapters/embedded/log-cursors.ts';
import { openLogReplayOutput } from '../../adapters/embedded/log-replay-output.ts';
import { LogTopicReader } from '../../adapters/embedded/log-topic-reader.ts';
import { LogSessionOutputs } from '../../adapters/embedded/log-session-outputs.ts';
import { engineRunsOn } from '../../adapters/embedded/engine-lock.ts';
import { cutTopic, partitionsBySetting } from '../../adapters/embedded/log-topics.ts';
import { LogWriter } from '../../adapters/embedded/log-writer.ts';
import { committedCursors, decideGroupHasMembers } from '../../adapters/kafka/group-cursors.ts';
import { KafkaNames } from '../../adapters/kafka/names.ts';
import { PartitionCounts } from '../../adapters/kafka/partition-counts.ts';
import { KafkaRecordWriter } from '../../adapters/kafka/record-writer.ts';
import { openReplayOutput } from '../../adapters/kafka/replay-output.ts';
import { KafkaSessionOutputs } from '../../adapters/kafka/session-outputs.ts';
import { KafkaTopicAdmin } from '../../adapters/kafka/topic-admin.ts';
import { readTopic } from '../../adapters/kafka/topic-reader.ts';
import { storedPartitions } from '../../adapters/postgres/operations.ts';
import { LocalInputDecoder, RegistryInputDecoder } from '../../adapters/registry/input-decoder.ts';
import { RegistryClient } from '../../adapters/registry/registry-client.ts';
import type { CutTopic } from '../../admin/ports/dead-letter-marks.ts';
import type { TopicReader } from '../../admin/ports/topic-reader.ts';
import { TOPICS } from '../../generated/topics.ts';
import type { InputDecoder } from '../../pipeline/ports/codec.ts';
import type { RecordWriter } from '../../pipeline/ports/intake.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import type { Metrics } from '../../pipeline/ports/metrics.ts';
import type { SessionOutput, SessionOutputs } from '../../pipeline/ports/partitions.ts';
import type { Config } from '../../runtime/config.ts';
import { kafkaClients } from './kafka-clients.ts';
import { systemClock } from './process-parts.ts';
import { openStore } from './store.ts';

/** The log as a command beside the engine needs it: put in, read, and what the decide group has committed. */
export interface CommandLog {
  readonly reader: TopicReader;
  readonly writer: RecordWriter;
  readonly outputs: SessionOutputs;
  readonly cut: CutTopic;
  /** The way out of a replay; nothing happens before its `fence`. */
  replayOutput(tenantId: string, planId: string): Promise<SessionOutput>;
  cursors(): Promise<ReadonlyMap<number, bigint>>;
  /** True when a process that may run sessions is there. */
  engineRuns(): Promise<boolean>;
  close(): Promise<void>;
}

const nothing = (): void => undefined;
/** A command has no /metrics that anybody could read. */
const NO_METRICS: Metrics = { records: nothing, count: nothing, gauge: nothing, observe: nothing };

/** Opens Kafka, or the database of the embedded default (started for as long as the command runs, if no engine runs). Throws what the adapters throw. */
export const openCommandLog = (config: Config, logger: Logger): Promise<CommandLog> =>
  config.distributed === null ? embeddedLog(config, logger) : kafkaLog(config, logger);

/** Reads records of any schema that this installation knows. */
export const openDecoder = (config: Config): InputDecoder =>
  config.distributed === null
    ? new LocalInputDecoder()
    : new RegistryInputDecoder(new RegistryClient(config.distributed.registryUrl), () => systemClock.monotonicMs());

const embeddedLog = async (config: Config, logger: Logger): Promise<CommandLog> => {
  const store = await openStore(config, logger, 'command');
  try {
    const partitions = (await storedPartitions(store.pipeline)) ?? TOPICS['mmm.signals'].partitions;
    const partitionsOf = partitionsBySetting(partitions);
    const outputs = { database: store.pipeline, clock: systemClock, metrics: NO_METRICS, partitionsOf };
    return {
      reader: new LogTopicReader(store.pipeline),
      writer: new LogWriter(store.pipeline, systemClock, partitionsOf),
      outputs: new LogSessionOutputs(outputs),
      cut: (topic, before) => cutTopic(store.pipeline, topic, before),
      replayOutput: (tenantId, planId) => openLogReplayOutput(outputs, tenantId, planId),
      cursors: () => committedLogCursors(store.pipeline),
      engineRuns: () => engineRunsOn(config.dataDir),
      close: () => store.close(),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
};

const kafkaLog = async (config: Config, logger: Logger): Promise<CommandLog> => {
  if (config.distributed === null) throw new TypeError('the embedded default has no Kafka');
  const clients = kafkaClients(config.distributed.kafka, logger);
  const names = new KafkaNames(config.namespace);
  const topics = new KafkaTopicAdmin(clients.patient, names);
  await topics.connect();
  const { admin } = topics;
  const counts = new PartitionCounts(admin, names, systemClock);
  const writer = new KafkaRecordWriter({ kafka: clients.patient, names, counts, logger });
  const shared = { admin, names, counts, clock: systemClock, logger, metrics: NO_METRICS };
  return {
    reader: {
      read: (topic, options, onRecord) => readTopic({ kafka: clients.patient, admin, names }, topic, options, onRecord),
    },
    writer,
    outputs: new KafkaSessionOutputs({ ...shared, kafka: clients.transactional }),
    cut: (topic, before) => topics.cut(topic, before),
    replayOutput: (tenantId, planId) =>
      Promise.resolve(openReplayOutput({ ...shared, kafka: clients.transactional }, tenantId, planId)),
    cursors: () => committedCursors(admin, names),
    engineRuns: () => decideGroupHasMembers(admin, names),
    close: async () => {
      await writer.close();
      await topics.close();
    },
  };
};
