import type { TopicName } from '../../generated/topics.ts';
import type { Clock } from '../../pipeline/ports/clock.ts';
import type { IntakeSource, RecordWriter } from '../../pipeline/ports/intake.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import type { Metrics } from '../../pipeline/ports/metrics.ts';
import type { PartitionGroup, SessionOutputs } from '../../pipeline/ports/partitions.ts';
import { LogIntakeSource, OUTCOMES_GROUP } from './log-intake-source.ts';
import { LogPartitionGroup } from './log-partitions.ts';
import { LogSessionOutputs } from './log-session-outputs.ts';
import { partitionsBySetting } from './log-topics.ts';
import { LogWriter } from './log-writer.ts';
import type { SqlDatabase } from './sql-database.ts';

export interface EmbeddedLogOptions {
  /** As role mmm_pipeline. */
  readonly database: SqlDatabase;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Partitions of `mmm.signals`, as stored in the database. */
  readonly signalPartitions: number;
  /** What intake reads. */
  readonly inputTopics: readonly TopicName[];
  /** What the outcomes stage reads. */
  readonly outcomeTopics: readonly TopicName[];
}

export interface EmbeddedLog {
  readonly writer: RecordWriter;
  readonly intake: IntakeSource;
  readonly outcomes: IntakeSource;
  readonly group: PartitionGroup;
  readonly outputs: SessionOutputs;
}

/** The log of the embedded default: tables and NOTIFY of PostgreSQL behind the ports that Kafka has (design 5). */
export const openEmbeddedLog = (options: EmbeddedLogOptions): EmbeddedLog => {
  const { database, clock, logger, metrics } = options;
  const partitionsOf = partitionsBySetting(options.signalPartitions);
  return {
    writer: new LogWriter(database, clock, partitionsOf),
    intake: new LogIntakeSource({ database, topics: options.inputTopics, logger }),
    outcomes: new LogIntakeSource({ database, topics: options.outcomeTopics, logger, group: OUTCOMES_GROUP }),
    group: new LogPartitionGroup(database, options.signalPartitions),
    outputs: new LogSessionOutputs({ database, clock, metrics, partitionsOf }),
  };
};
