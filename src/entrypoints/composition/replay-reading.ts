import { LogTopicReader } from '../../adapters/embedded/log-topic-reader.ts';
import { randomId } from '../../adapters/ids/uuid-ids.ts';
import { KafkaNames } from '../../adapters/kafka/names.ts';
import { KafkaTopicAdmin } from '../../adapters/kafka/topic-admin.ts';
import { readTopic } from '../../adapters/kafka/topic-reader.ts';
import { verifySignature } from '../../adapters/keys/ed25519-signer.ts';
import { PostgresDecisionsOnFile, waitingDecisions } from '../../adapters/postgres/decisions-on-file.ts';
import { readOnly } from '../../adapters/postgres/read-only.ts';
import { PostgresPlanStore } from '../../adapters/postgres/replay-plans.ts';
import { LocalInputDecoder, RegistryInputDecoder } from '../../adapters/registry/input-decoder.ts';
import { RegistryClient } from '../../adapters/registry/registry-client.ts';
import type { TopicReader } from '../../admin/ports/topic-reader.ts';
import type { InputDecoder } from '../../pipeline/ports/codec.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import type { ReceiptSigner } from '../../pipeline/ports/signer.ts';
import type { ExplainDeps } from '../../replay/explain/explain-recorded.ts';
import type { DecisionsOnFile, WaitingDecisions } from '../../replay/items/decisions-on-file.ts';
import type { ApprovalTrust } from '../../replay/plan/approval.ts';
import type { PlanStore } from '../../replay/plan/plan-store.ts';
import type { Config } from '../../runtime/config.ts';
import { kafkaClients } from './kafka-clients.ts';
import { systemClock } from './process-parts.ts';
import { recordedDeps } from './recorded.ts';
import { signingKeyOf } from './signing-key.ts';
import { openStore } from './store.ts';

/**
 * What planning and a shadow work with: readers, the pure core, and the table of plans. Nothing that is imported from here on can publish (the rule
 * `shadow-reaches-no-output` of .dependency-cruiser.cjs), and what it holds of the log and the outbox takes nothing (read-only.ts).
 */
export interface ReplayReading extends Omit<ExplainDeps, 'nowMs'> {
  readonly store: PlanStore;
  readonly onFile: DecisionsOnFile;
  readonly outbox: WaitingDecisions;
  readonly reader: TopicReader;
  readonly decoder: InputDecoder;
  /** Null on the embedded default. */
  readonly registry: RegistryClient | null;
  readonly signer: ReceiptSigner;
  readonly trust: ApprovalTrust;
  readonly randomId: () => string;
  close(): Promise<void>;
}

/** Opens database and log for reading. Throws what the adapters throw. */
export const openReplayReading = async (config: Config, logger: Logger): Promise<ReplayReading> => {
  const signer = signingKeyOf(config);
  const store = await openStore(config, logger, 'command');
  try {
    const pipeline = readOnly(store.pipeline);
    const log = config.distributed === null ? null : await kafkaReader(config, logger);
    const registry = config.distributed === null ? null : new RegistryClient(config.distributed.registryUrl);
    return {
      ...recordedDeps(store),
      store: new PostgresPlanStore(store.api),
      onFile: new PostgresDecisionsOnFile(store.api),
      outbox: waitingDecisions(pipeline),
      reader: log?.reader ?? new LogTopicReader(pipeline),
      decoder:
        registry === null
          ? new LocalInputDecoder()
          : new RegistryInputDecoder(registry, () => systemClock.monotonicMs()),
      ...{ registry, signer, randomId },
      trust: {
        publicKeyOf: (kid) => (kid === signer.kid ? signer.publicKeyPem : undefined),
        verify: verifySignature,
      },
      close: async () => {
        await log?.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
};

const kafkaReader = async (
  config: Config,
  logger: Logger,
): Promise<{ readonly reader: TopicReader; close(): Promise<void> }> => {
  if (config.distributed === null) throw new TypeError('the embedded default has no Kafka');
  const { patient: kafka } = kafkaClients(config.distributed.kafka, logger);
  const names = new KafkaNames(config.namespace);
  const topics = new KafkaTopicAdmin(kafka, names);
  await topics.connect();
  const { admin } = topics;
  return {
    reader: { read: (topic, options, onRecord) => readTopic({ kafka, admin, names }, topic, options, onRecord) },
    close: () => topics.close(),
  };
};
