import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka, Message } from 'kafkajs';
import { RECENT_MAX } from '../../src/domain/actor-state.ts';
import type { TopicName } from '../../src/generated/topics.ts';
import { badRecords } from '../e2e/support/bad-records.ts';
import type { BadRecord } from '../e2e/support/bad-records.ts';
import { sinCommit, ubiSignal } from '../e2e/support/signals.ts';

const FEWEST_ACTORS = 10;
/**
 * So few that the state of each is full (the newest 512 signals) when half of the warm-up is over: with 400 of them states grew for 23 of 30 minutes, and
 * what a heap of both workers gained by it was told as a leak.
 */
export const actorsFor = (signalsInWarmUp: number): number =>
  Math.max(FEWEST_ACTORS, Math.floor(signalsInWarmUp / 2 / RECENT_MAX));

const BAD_SHARE = 0.02;
const TICK_MS = 100;
const TENANT = 'acme';

export interface Sent {
  good: number;
  bad: number;
  /** Sends that the broker did not take. None is expected: nothing is broken here. */
  failed: number;
}

interface Raw {
  readonly topic: TopicName;
  readonly key: string;
  readonly value: Record<string, unknown>;
}

const now = (): string => new Date().toISOString();

const detection = (actor: string): Raw => ({
  topic: 'detection.alerts',
  key: TENANT,
  value: {
    alert_id: randomUUID(),
    tenant_id: TENANT,
    occurred_at: now(),
    actor_id: actor,
    severity: 'high',
    evaluation_point: 'pre-merge',
    decision: { status: 'warn', rationale: 'none', badges: [] },
    repo_id: 'org/shop',
  },
});

/** Opened and resolved in turn, so that the incidents that are open do not become ever more. */
const incident = (number: number, actor: string): Raw => ({
  topic: 'incident.events',
  key: TENANT,
  value: {
    event_id: randomUUID(),
    tenant_id: TENANT,
    incident_id: `incident-${Math.floor(number / 2) % 50}`,
    occurred_at: now(),
    status: number % 2 === 0 ? 'open' : 'resolved',
    severity: 'P2',
    repo_id: 'org/shop',
    actor_id: actor,
  },
});

const release = (actor: string): Raw => ({
  topic: 'release.events',
  key: TENANT,
  value: {
    event_id: randomUUID(),
    tenant_id: TENANT,
    occurred_at: now(),
    status: 'succeeded',
    service: 'shop',
    actor_id: actor,
  },
});

/** One of every twenty from each of the smaller sources; the rest are commits, as in life. */
function goodRecord(number: number, actors: number): { topic: TopicName; message: Message } {
  const actor = `dev${(number * 7 + Math.trunc(number / actors)) % actors}`;
  const turn = number % 20;
  if (turn > 4) {
    const { key, value } = sinCommit(actor, TENANT);
    return { topic: 'pm3.signals.normalized', message: { key, value } };
  }
  if (turn > 2) {
    const { key, value } = ubiSignal(actor, TENANT);
    return { topic: 'ubi.behavioural_signals', message: { key, value } };
  }
  const raw = turn === 2 ? detection(actor) : turn === 1 ? incident(Math.trunc(number / 20), actor) : release(actor);
  return { topic: raw.topic, message: { key: raw.key, value: JSON.stringify(raw.value) } };
}

export interface LoadOptions {
  readonly kafka: Kafka;
  readonly topic: (name: TopicName) => string;
  /** Signals a second, the bad ones among them. */
  readonly rate: number;
  readonly actors: number;
  /** Writer schema of the SIN topic, for records that are broken Avro. */
  readonly schema: { readonly id: number; readonly text: string };
  readonly signal: AbortSignal;
}

/** Sends `rate` records a second until the signal, whatever the engine does with them, and counts into `sent` what the broker took. */
export async function steadyLoad(
  { kafka, topic, rate, actors, schema, signal }: LoadOptions,
  sent: Sent,
): Promise<void> {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  // Every kind of them, again and again; one kind is a megabyte and is left to the suite that is about it.
  const bad: readonly BadRecord[] = badRecords(40, schema, 2_000_000_000).filter(
    ({ code }) => code !== 'RECORD_TOO_LARGE',
  );
  const startedAt = performance.now();
  let number = 0;
  try {
    while (!signal.aborted) {
      const due = Math.floor(((performance.now() - startedAt) * rate) / 1_000);
      const messages = new Map<TopicName, Message[]>();
      const counts = { good: 0, bad: 0 };
      const put = (name: TopicName, message: Message): void =>
        void messages.set(name, [...(messages.get(name) ?? []), message]);
      for (; number < due; number++) {
        const isBad = number % Math.round(1 / BAD_SHARE) === 0;
        const record = bad[number % bad.length];
        if (isBad && record !== undefined) put('pm3.signals.normalized', record.message);
        else {
          const good = goodRecord(number, actors);
          put(good.topic, good.message);
        }
        counts[isBad ? 'bad' : 'good'] += 1;
      }
      const topicMessages = [...messages].map(([name, list]) => ({ topic: topic(name), messages: list }));
      if (topicMessages.length > 0) {
        // One send at a time: two at once are the client's fault 2.
        const taken = await producer.sendBatch({ topicMessages, acks: -1 }).then(
          () => true,
          () => false,
        );
        if (taken) {
          sent.good += counts.good;
          sent.bad += counts.bad;
        } else sent.failed += counts.good + counts.bad;
      }
      await delay(TICK_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await producer.disconnect();
  }
}
