import { randomUUID } from 'node:crypto';
import type { Kafka } from './kafka-types.ts';
import type { RawSignal, SignalSource } from './signals.ts';

const PER_SEND = 2_000;
/** The generator looks this often at what is due; a signal's time is when it was due, not when it was sent. */
const TICK_MS = 2;

const nowMs = (): number => performance.timeOrigin + performance.now();

/**
 * Puts `count` signals there at once: they are written in one open transaction, so that no `read_committed` reader sees any, and then committed.
 * A backlog is complete before the first of it is read, and producing it takes no processor from the pipeline. Answers the moment of the commit.
 */
export const burst = async (kafka: Kafka, topic: string, source: SignalSource, count: number): Promise<number> => {
  const producer = kafka.producer({
    transactionalId: `bench-burst-${randomUUID()}`,
    maxInFlightRequests: 1,
    transactionTimeout: 600_000,
  });
  await producer.connect();
  try {
    const transaction = await producer.transaction();
    for (let from = 0; from < count; from += PER_SEND) {
      const due = nowMs();
      const messages = Array.from({ length: Math.min(PER_SEND, count - from) }, (_, at) => source.make(from + at, due));
      await transaction.send({ topic, messages: messages.map(asMessage) });
    }
    const committedAt = nowMs();
    await transaction.commit();
    return committedAt;
  } finally {
    await producer.disconnect();
  }
};

const asMessage = ({ key, value, headers }: RawSignal) => ({ key, value, headers: { ...headers } });

/**
 * `perSecond` signals a second, whatever the pipeline does (open loop): each signal has a due time of its own, and one that is sent late because this
 * process was late still counts from when it was due (no coordinated omission).
 */
export const openLoop = async (
  kafka: Kafka,
  topic: string,
  source: SignalSource,
  { count, perSecond }: { readonly count: number; readonly perSecond: number },
): Promise<void> => {
  const producer = kafka.producer();
  await producer.connect();
  const failures: unknown[] = [];
  const sends: Promise<unknown>[] = [];
  const startedAt = nowMs();
  let sent = 0;
  try {
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        const due = Math.min(count, Math.floor(((nowMs() - startedAt) * perSecond) / 1_000));
        if (due > sent) {
          const messages: RawSignal[] = [];
          for (; sent < due; sent++) messages.push(source.make(sent, startedAt + (sent * 1_000) / perSecond));
          sends.push(
            producer
              .send({ topic, messages: messages.map(asMessage), acks: 1 })
              .catch((error: unknown) => failures.push(error)),
          );
        }
        if (sent < count) return;
        clearInterval(timer);
        resolve();
      }, TICK_MS);
    });
    await Promise.all(sends);
    if (failures.length > 0) throw failures[0];
  } finally {
    await producer.disconnect();
  }
};
