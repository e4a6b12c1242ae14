import type { Kafka } from 'kafkajs';
import { MmmError } from '../../errors.ts';
import { logUnavailable } from './client-errors.ts';

const FETCH = 1;
/** Kafka 4.0 removed Fetch 0 to 3 (KIP-896), so the lowest version a broker offers tells 4.0 from what came before. */
const FETCH_MIN_SINCE_4_0 = 4;

type ApiVersions = Readonly<Record<string, { readonly minVersion: number; readonly maxVersion: number }>>;

interface InternalBroker {
  readonly versions: ApiVersions | null;
}

interface InternalCluster {
  connect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  getNodeIds(): string[];
  findBroker(options: { nodeId: string }): Promise<InternalBroker>;
  disconnect(): Promise<void>;
}

/** The client has no public way to what a broker supports; `assertPatched` pins the version this reaches into. */
function internalCluster(kafka: Kafka): InternalCluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find((own) => own.description === 'private:Kafka:createCluster');
  if (symbol === undefined) throw new Error('kafkajs has no createCluster');
  const create = (kafka as unknown as Record<symbol, (options: object) => InternalCluster>)[symbol];
  if (create === undefined) throw new Error('kafkajs has no createCluster');
  return create({ allowAutoTopicCreation: false, metadataMaxAge: 300_000 });
}

export const isSupported = (versions: ApiVersions | null): boolean =>
  (versions?.[FETCH]?.minVersion ?? 0) >= FETCH_MIN_SINCE_4_0;

/**
 * Earlier coordinators show the offsets of a committed transaction late: a session would publish rows twice (design 3.2).
 * @throws MmmError BROKER_TOO_OLD when any broker is older than Kafka 4.0, LOG_UNAVAILABLE when one does not answer.
 */
export async function assertBrokerVersions(kafka: Kafka): Promise<void> {
  const cluster = internalCluster(kafka);
  const tooOld: string[] = [];
  try {
    await cluster.connect();
    await cluster.refreshMetadata();
    for (const nodeId of cluster.getNodeIds()) {
      const broker = await cluster.findBroker({ nodeId });
      if (!isSupported(broker.versions)) tooOld.push(nodeId);
    }
  } catch (error) {
    throw logUnavailable(error);
  } finally {
    await cluster.disconnect();
  }
  if (tooOld.length > 0) throw new MmmError('BROKER_TOO_OLD', undefined, { details: { brokers: tooOld.join(', ') } });
}
