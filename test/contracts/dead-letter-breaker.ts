import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readLetter } from '../../src/admin/dead-letters/letter.ts';
import { createPile } from '../../src/admin/dead-letters/pile.ts';
import { planReplay, replayLetters } from '../../src/admin/dead-letters/replay-letters.ts';
import type { TopicReader } from '../../src/admin/ports/topic-reader.ts';
import type { TopicName } from '../../src/generated/topics.ts';
import { DeadLetterBreaker } from '../../src/pipeline/breaker.ts';
import { pause } from '../../src/pipeline/failure-policy.ts';
import { createIntake, type Intake } from '../../src/pipeline/intake/intake.ts';
import type { BreakerStore } from '../../src/pipeline/ports/breaker-store.ts';
import type { InputDecoder } from '../../src/pipeline/ports/codec.ts';
import type { IntakeSource, RawRecord, RecordWriter } from '../../src/pipeline/ports/intake.ts';
import type { OutputRecord } from '../../src/pipeline/ports/records.ts';
import { noMetrics } from '../pipeline/harness.ts';
import { codec, decoder, normaliser, releaseType, signalType } from '../pipeline/intake/harness.ts';
import { silent } from '../adapters/postgres/silent-logger.ts';

export interface BreakerLog {
  source(topics: readonly TopicName[]): IntakeSource;
  readonly writer: RecordWriter;
  readonly reader: TopicReader;
  readonly store: BreakerStore;
  /** Asks for a trial, as an operator does. */
  tryNow(channel: string, lane: number): Promise<void>;
  close(): Promise<void>;
}

const UNKNOWN_ID = 99;
const LIMITS = { records: 20, sharePercent: 75, windowMs: 600_000 };
const [BEFORE, FLOOD, OTHERS] = [10, 200, 50];
const TOPICS = ['release.events', 'incident.events'] as const;

const wire = (n: number): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(UNKNOWN_ID, 1);
  const about = { event_id: `r-${n}`, tenant_id: 't', occurred_at: new Date().toISOString(), status: 'succeeded' };
  return Buffer.concat([head, releaseType.toBuffer(about)]);
};

/** Of one lane, because of one key. */
const releases = (from: number, count: number): OutputRecord[] =>
  Array.from({ length: count }, (_, n) => ({
    topic: 'release.events',
    key: 'k',
    value: wire(from + n),
    headers: { n: `${from + n}` },
  }));

const incidents = (count: number): OutputRecord[] =>
  Array.from({ length: count }, (_, n) => {
    const about = { event_id: `i-${n}`, tenant_id: 't', incident_id: `i-${n}`, occurred_at: new Date().toISOString() };
    const value = Buffer.from(JSON.stringify({ ...about, status: 'open', severity: 'P1' }));
    return { topic: 'incident.events', key: `k${n}`, value, headers: {} };
  });

const eventually = async <T>(ask: () => Promise<T> | T, fits: (answer: T) => boolean): Promise<T> => {
  const end = performance.now() + 120_000;
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    if (performance.now() > end) throw new Error(`not in time: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

/**
 * A flood of refusals on a real log: its lane is held, nothing of it drains away, also over a restart; others go on; mended, everything is there once;
 * and the letters from before are put in again, twice, and are there once.
 */
export const deadLetterBreakerContract = (name: string, open: () => Promise<BreakerLog>): void => {
  describe(`the breaker on ${name}`, () => {
    let log: BreakerLog;
    let isMended = false;
    const written: OutputRecord[] = [];
    const running: { intake: Intake; breaker: DeadLetterBreaker }[] = [];

    /** The registry as it is: the schema is unknown until somebody registers it. */
    const registry: InputDecoder = {
      decode: (channel, bytes) => {
        if (bytes[0] !== 0 || !isMended) return decoder.decode(channel, bytes);
        return releaseType.fromBuffer(Buffer.from(bytes.subarray(5))) as unknown;
      },
    };
    const start = async (): Promise<(typeof running)[number]> => {
      const clock = { now: () => Date.now(), monotonicMs: () => performance.now() };
      const parts = { clock, metrics: noMetrics, logger: silent };
      // A rest that only an operator ends: the test says when.
      const breaker = new DeadLetterBreaker({ ...parts, limits: LIMITS, restMs: 3_600_000, store: log.store, pause });
      const writer: RecordWriter = {
        append: async (records) => {
          await log.writer.append(records);
          written.push(...records);
        },
        close: () => Promise.resolve(),
      };
      const intake = createIntake({
        ...parts,
        ...{ source: log.source(TOPICS), writer, decoder: registry, codec, normaliser, breaker, engineVersion: 'x' },
      });
      await intake.start();
      running.push({ intake, breaker });
      return { intake, breaker };
    };
    const signalIds = (): string[] =>
      written
        .filter(({ topic }) => topic === 'mmm.signals')
        .map(({ value }) => (signalType.fromBuffer(Buffer.from(value!)) as { signal_id: string }).signal_id);
    const letters = (): number => written.filter(({ topic }) => topic === 'mmm.dlq').length;

    beforeAll(async () => {
      log = await open();
    });
    afterAll(async () => {
      for (const { intake } of running) await intake.stop();
      await log?.close();
    });

    test('holds the lane back, lets the others go on, and lets nothing drain away over a restart', async () => {
      await log.writer.append(releases(0, BEFORE));
      const first = await start();
      await eventually(letters, (count) => count === BEFORE);
      await log.writer.append(releases(BEFORE, FLOOD));
      const [held] = await eventually(
        () => first.breaker.held(),
        (lanes) => lanes.length === 1,
      );
      expect(held).toMatchObject({ channel: 'release.events' });
      await log.writer.append(incidents(OTHERS));
      await eventually(
        () => new Set(signalIds()).size,
        (size) => size === OTHERS,
      );
      await eventually(
        () => log.store.rows(),
        (rows) => rows.some(({ openedAtMs }) => openedAtMs !== null),
      );
      const through = letters();
      // What came in portions before there were enough of them may have gone; the rest is held.
      expect(through).toBeLessThan(BEFORE + LIMITS.records);
      await first.intake.stop();

      const second = await start();
      await eventually(
        () => second.breaker.held(),
        (lanes) => lanes.length === 1,
      );
      expect(letters()).toBe(through);
    });

    test('mended and tried again, everything held is there once and in order', async () => {
      isMended = true;
      const { breaker } = running.at(-1)!;
      const [lane] = breaker.held();
      const through = letters();
      await log.tryNow(lane!.channel, lane!.lane);
      await breaker.refresh();
      await eventually(
        () => new Set(signalIds()).size,
        (size) => size === OTHERS + BEFORE + FLOOD - through,
      );
      expect(letters()).toBe(through);
      expect(breaker.held()).toEqual([]);
      const sources = written
        .filter(({ topic }) => topic === 'mmm.signals')
        .map(
          ({ value }) => (signalType.fromBuffer(Buffer.from(value!)) as { source_signal_id: string }).source_signal_id,
        )
        .filter((id) => id.startsWith('r-'));
      const expected = releases(through, BEFORE + FLOOD - through).map(({ headers }) => `r-${String(headers['n'])}`);
      expect(sources).toEqual(expected);
    });

    test('the letters from before, put in again twice, are there once: received = signals, none lost', async () => {
      const { signal } = new AbortController();
      const marks = { identities: () => Promise.resolve(new Set<string>()), mark: () => Promise.resolve() };
      const audit = { write: () => Promise.resolve() };
      const deps = { reader: log.reader, writer: log.writer, replayed: marks, audit, pause };
      const read = async (): Promise<RawRecord[]> => {
        const records: RawRecord[] = [];
        await log.reader.read(
          'mmm.dlq',
          { from: 'earliest', follow: false, signal },
          (record) => void records.push(record),
        );
        return records;
      };
      const all = await read();
      const pile = createPile();
      for (const record of all) pile.add(record);
      const chosen = pile.letters(new Set());
      expect(chosen.map(({ letter }) => letter.code)).toEqual(chosen.map(() => 'SCHEMA_ID_UNKNOWN'));
      const plan = planReplay(chosen, { named: false, again: true });
      const order = { who: 'me', reason: null, filter: {}, perSecond: 5_000 };
      for (const replayId of ['1', '2'])
        expect(await replayLetters(deps, plan, { ...order, replayId }, signal)).toMatchObject({ sent: chosen.length });
      const total = OTHERS + BEFORE + FLOOD;
      await eventually(
        () => signalIds().length,
        (count) => count === total + chosen.length,
      );
      expect(new Set(signalIds()).size).toBe(total);
      expect(await read()).toHaveLength(all.length);
      const replayed = written.filter(({ headers }) => headers['mmm-replay-id'] === '2');
      expect(replayed.map(({ headers }) => headers['mmm-replay-of']).sort()).toEqual(
        all
          .map((record) => readLetter(record)!.source)
          .map(({ topic, partition, offset }) => `${topic}:${partition}:${offset}`)
          .sort(),
      );
    });
  });
};
