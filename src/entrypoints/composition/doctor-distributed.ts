import { KafkaNames } from '../../adapters/kafka/names.ts';
import { KafkaTopicAdmin } from '../../adapters/kafka/topic-admin.ts';
import { pingRedis } from '../../adapters/redis/ping.ts';
import { RegistryClient } from '../../adapters/registry/registry-client.ts';
import { setUpSchemas } from '../../adapters/registry/schema-setup.ts';
import { type Check, check } from '../../admin/queries/run-checks.ts';
import { MmmError } from '../../errors.ts';
import type { Config } from '../../runtime/config.ts';
import { SILENT_LOGGER } from '../cli/silent-logger.ts';
import { kafkaClients } from './kafka-clients.ts';

type Distributed = NonNullable<Config['distributed']>;

const NOT_USED = 'not used on the embedded default';

export interface DistributedChecks {
  readonly checks: readonly Check[];
  close(): Promise<void>;
}

/** Kafka, registry and Redis. On the embedded default each says that it is not used. */
export const distributedChecks = (
  config: () => Config,
  storedPartitions: () => Promise<number | null>,
): DistributedChecks => {
  let admin: KafkaTopicAdmin | null = null;
  const ask = (run: (distributed: Distributed) => Promise<string>) => async (): Promise<string> => {
    const { distributed } = config();
    return distributed === null ? NOT_USED : await run(distributed);
  };
  const connected = (): KafkaTopicAdmin => {
    if (admin === null) throw new MmmError('LOG_UNAVAILABLE');
    return admin;
  };
  return {
    checks: [
      check(
        'kafka',
        ['configuration'],
        ask(async ({ kafka }) => {
          const { hasty } = kafkaClients(kafka, SILENT_LOGGER);
          const opened = new KafkaTopicAdmin(hasty, new KafkaNames(config().namespace));
          await opened.connect();
          admin = opened;
          await opened.assertBrokerVersions();
          return `${kafka.brokers.join(', ')}: Kafka 4.0 or later`;
        }),
      ),
      check(
        'topics',
        ['kafka'],
        ask(() => topics(connected())),
      ),
      check(
        'partitions',
        ['kafka', 'topics', 'postgresql', 'postgresql schema'],
        ask(async () => {
          const found = await connected().partitionCount('mmm.signals');
          const stored = await storedPartitions();
          if (stored !== null && stored !== found)
            throw new MmmError('PARTITIONS_CHANGED', undefined, { details: { stored, found } });
          return `${found} of mmm.signals${stored === null ? ' (none stored yet)' : ', as stored'}`;
        }),
      ),
      check(
        'registry',
        ['configuration'],
        ask(async ({ registryUrl }) => schemas(registryUrl, config().namespace)),
      ),
      check(
        'redis',
        ['configuration'],
        ask(async ({ redisUrl }) => `answers in ${await pingRedis(redisUrl)} ms`),
        true,
      ),
    ],
    close: async () => await admin?.close(),
  };
};

const topics = async (admin: KafkaTopicAdmin): Promise<string> => {
  const steps = await admin.plan();
  const differing = steps.filter(({ kind }) => kind !== 'ok' && kind !== 'foreign');
  if (differing.length === 0) return `${steps.length} topics as topics.yaml says`;
  throw new MmmError('TOPICS_DIFFER', undefined, {
    details: { topics: differing.map(({ topic }) => topic).join(', ') },
  });
};

const schemas = async (registryUrl: string, namespace: string): Promise<string> => {
  const steps = await setUpSchemas(new RegistryClient(registryUrl), namespace, { apply: false });
  const differing = steps.filter(({ kind }) => kind !== 'ok');
  if (differing.length === 0) return `answers, ${steps.length} schemas registered`;
  const subjects = [...new Set(differing.map(({ subject }) => subject))].join(', ');
  throw new MmmError('SCHEMAS_DIFFER', undefined, { details: { subjects } });
};
