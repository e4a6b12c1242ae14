import { setTimeout as delay } from 'node:timers/promises';
import kafkajs, { Kafka, type Message, type Producer } from 'kafkajs';
import type { TopicName } from '../../src/generated/topics.ts';
import type { Planned, SignalPlan } from './plan-signal.ts';

const TICK_MS = 100;
/** Beyond it the neighbours wait: a broker that was away must not be answered by a flood that says nothing of the rate. */
const WAITING_MAX = 300;
/** A record over our limit is below the broker's when it is compressed. */
const COMPRESS_FROM_BYTES = 100_000;

/** Puts planned records into their topics at a steady rate, again and again until the broker has acknowledged them: nothing is sent and forgotten. */
export class Generator {
  readonly #plan: SignalPlan;
  readonly #perSecond: number;
  readonly #topicOf: (name: TopicName) => string;
  readonly #producer: Producer;
  #waiting: Planned[] = [];
  #paused = false;
  #ended = false;
  #loop: Promise<void> = Promise.resolve();
  #acknowledged = 0;

  constructor(deps: {
    readonly plan: SignalPlan;
    readonly brokers: readonly string[];
    readonly perSecond: number;
    readonly topicOf: (name: TopicName) => string;
  }) {
    this.#plan = deps.plan;
    this.#perSecond = deps.perSecond;
    this.#topicOf = deps.topicOf;
    this.#producer = new Kafka({
      clientId: 'chaos',
      brokers: [...deps.brokers],
      connectionTimeout: 1_000,
      requestTimeout: 5_000,
      retry: { retries: 0 },
      logCreator: () => () => undefined,
    }).producer({ allowAutoTopicCreation: false });
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  start(): void {
    this.#loop = this.#run();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  /** Besides the rate, also while paused. */
  put(planned: readonly Planned[]): void {
    this.#waiting.push(...planned);
  }

  /** Resolves when all that was planned is acknowledged. */
  async drained(): Promise<void> {
    while (this.#acknowledged < this.#plan.sent.length) await delay(TICK_MS);
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#loop;
    await this.#producer.disconnect().catch(() => undefined);
  }

  async #run(): Promise<void> {
    let connected = false;
    let due = 0;
    let last = performance.now();
    while (!this.#ended) {
      await delay(TICK_MS);
      const now = performance.now();
      due += this.#paused || this.#waiting.length > WAITING_MAX ? 0 : ((now - last) / 1_000) * this.#perSecond;
      last = now;
      for (; due >= 1; due--) this.#waiting.push(this.#plan.next(Date.now()));
      try {
        if (!connected) await this.#producer.connect();
        connected = true;
        await this.#send();
      } catch {
        // The broker is away, or its answer was lost: the same records again. Twice in the topic is a producer's fault that the engine knows.
        connected = false;
      }
    }
  }

  async #send(): Promise<void> {
    while (this.#waiting.length > 0) {
      const { topic } = this.#waiting[0]!;
      const other = this.#waiting.findIndex((planned) => planned.topic !== topic);
      const batch = this.#waiting.slice(0, other < 0 ? undefined : other);
      const large = batch.some(({ value }) => (value?.length ?? 0) > COMPRESS_FROM_BYTES);
      await this.#producer.send({
        topic: this.#topicOf(topic),
        messages: batch.map(messageOf),
        acks: -1,
        compression: large ? kafkajs.CompressionTypes.GZIP : kafkajs.CompressionTypes.None,
      });
      // What is put meanwhile stands behind.
      this.#waiting = this.#waiting.slice(batch.length);
      this.#acknowledged += batch.length;
    }
  }
}

const messageOf = ({ n, key, value }: Planned): Message => ({ key, value, headers: { chaos: String(n) } });
