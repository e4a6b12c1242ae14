import type { Kafka as KafkaClient, KafkaConfig, Producer } from 'kafkajs';
import { KafkaProxy } from '../../../infra/kafka-proxy.ts';
import { kcatConsume } from '../../../infra/kcat.ts';
import type { TopicName } from '../../../../src/generated/topics.ts';
import { committedCursors } from '../../../../src/adapters/kafka/group-cursors.ts';
import { TestCluster, brokers } from '../cluster.ts';
import { unpatchedClient } from './unpatched-client.ts';
import type { UnpatchedClient } from './unpatched-client.ts';

/** The product's Kafka adapter and, beside it, the client as it is published, both on a real broker behind a proxy that loses what a test says. */
export class FaultRig {
  readonly proxy = new KafkaProxy(brokers());
  readonly #unpatched: UnpatchedClient = unpatchedClient();
  readonly #producers: Producer[] = [];
  #cluster: TestCluster | null = null;

  async start(partitions: number): Promise<void> {
    await this.proxy.open();
    this.#cluster = new TestCluster(this.proxy.brokers);
    await this.#cluster.start(partitions);
    await this.#groupCoordinator();
  }

  /** The first to ask a new broker for a group's offsets is told to come back; what is tested here is later. */
  async #groupCoordinator(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await committedCursors(this.cluster.admin.admin, this.cluster.names);
        return;
      } catch (error) {
        if (attempt === 100) throw error;
      }
    }
  }

  async close(): Promise<void> {
    for (const producer of this.#producers) await producer.disconnect();
    await this.#cluster?.close();
    await this.proxy.cut();
    this.#unpatched.remove();
  }

  /** Everything in it goes through the proxy. */
  get cluster(): TestCluster {
    if (this.#cluster === null) throw new Error('start first');
    return this.#cluster;
  }

  /** The published client, through the proxy. */
  unpatchedKafka(config: Partial<KafkaConfig> = {}): KafkaClient {
    const { Kafka } = this.#unpatched.load('index.js') as { Kafka: new (config: KafkaConfig) => KafkaClient };
    return new Kafka({
      clientId: 'unpatched',
      brokers: this.proxy.brokers,
      logCreator: () => () => undefined,
      ...config,
    });
  }

  /** A connected producer with a transactional id of its own unless one is given, closed at the end. */
  async transactional(kafka: KafkaClient, id = `fault-${this.#producers.length}`): Promise<Producer> {
    const transactionalId = this.cluster.names.group(id);
    return this.connected(kafka.producer({ transactionalId, maxInFlightRequests: 1 }));
  }

  async connected(producer: Producer): Promise<Producer> {
    await producer.connect();
    this.#producers.push(producer);
    return producer;
  }

  /** Values that an independent client sees. */
  async seen(topic: TopicName): Promise<string[]> {
    const records = await kcatConsume({ topic: this.cluster.names.topic(topic), brokers: brokers() });
    return records.map(({ value }) => String(value));
  }
}

/** Fails a companion test as soon as the published client behaves, and says what is then not needed any more. */
export function expectFault(isThere: boolean, fault: string, workaround: string): void {
  if (isThere) return;
  throw new Error(`kafkajs as published no longer has this fault (${fault}). Our workaround can go: ${workaround}.`);
}
