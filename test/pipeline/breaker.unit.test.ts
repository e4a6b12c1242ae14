import { describe, expect, test } from '@jest/globals';
import { DeadLetterBreaker, type Lesson } from '../../src/pipeline/breaker.ts';
import type { BreakerOpening, BreakerRow, BreakerStore } from '../../src/pipeline/ports/breaker-store.ts';
import { LaneHeld, type RawRecord } from '../../src/pipeline/ports/intake.ts';
import { CountingMetrics, openIntake, rawRecord, sinEnvelope } from './intake/harness.ts';

const LIMITS = { records: 4, sharePercent: 75, windowMs: 600_000 };

class Store implements BreakerStore {
  readonly opened = new Map<string, BreakerOpening>();
  wishes: Partial<BreakerRow> = {};
  away = false;
  rows(): Promise<readonly BreakerRow[]> {
    if (this.away) return Promise.reject(new Error('away'));
    const lanes = new Set([...this.opened.keys(), 'pm3.signals.normalized:0']);
    return Promise.resolve(
      [...lanes].map((name) => ({
        channel: name.split(':')[0]!,
        lane: Number(name.split(':')[1]),
        openedAtMs: this.opened.get(name)?.atMs ?? null,
        tries: 0,
        releasedUntilMs: null,
        ...this.wishes,
      })),
    );
  }
  open(opening: BreakerOpening): Promise<void> {
    if (this.away) return Promise.reject(new Error('away'));
    this.opened.set(`${opening.channel}:${opening.lane}`, opening);
    return Promise.resolve();
  }
  close(channel: string, lane: number): Promise<void> {
    this.opened.delete(`${channel}:${lane}`);
    return Promise.resolve();
  }
}

const make = (store = new Store()) => {
  let now = 1_000;
  let rested: () => void = () => undefined;
  const events: string[] = [];
  const log = (event: string): void => void events.push(event);
  const logger = { debug: log, info: log, warn: log, error: log, child: () => logger };
  const metrics = new CountingMetrics();
  const breaker = new DeadLetterBreaker({
    limits: LIMITS,
    restMs: 60_000,
    store,
    clock: { now: () => now++ },
    metrics,
    logger,
    pause: (_ms, signal) =>
      new Promise((resolve, reject) => {
        rested = resolve;
        signal.addEventListener('abort', () => reject(new Error('aborted')));
      }),
  });
  const deliver = (lessons: readonly Lesson[], lane = 0): LaneHeld | 'passed' => {
    const batch = lessons.map((_, n): RawRecord =>
      rawRecord(`{"producer_id":"p${n % 4}"}`, { lane, position: BigInt(10 + n) }),
    );
    try {
      breaker.enter(batch[0]!);
      breaker.admit(batch, lessons)();
      return 'passed';
    } catch (error) {
      if (error instanceof LaneHeld) return error;
      throw error;
    }
  };
  return { breaker, store, events, metrics, deliver, rest: () => rested(), at: (ms: number) => (now = ms) };
};

const BAD: readonly Lesson[] = ['SCHEMA_VIOLATION', 'SCHEMA_VIOLATION', 'ID_MISSING', 'ID_MISSING'];
const GOOD: readonly Lesson[] = ['taken', 'taken', 'taken', 'taken'];

describe('a lane', () => {
  test('is held when all its senders fail, others go on; it says so to log, metrics, readiness and store', async () => {
    const { deliver, events, metrics, breaker, store } = make();
    expect(deliver([null, ...BAD])).toBeInstanceOf(LaneHeld);
    expect(deliver(BAD, 1)).toBeInstanceOf(LaneHeld);
    expect(deliver(GOOD, 2)).toBe('passed');
    expect(deliver(GOOD)).toBeInstanceOf(LaneHeld);
    expect(events).toEqual(['dlq_breaker_open', 'dlq_breaker_open']);
    expect(breaker.held()).toEqual([
      { channel: 'pm3.signals.normalized', lane: 0, position: 11n },
      { channel: 'pm3.signals.normalized', lane: 1, position: 10n },
    ]);
    expect(metrics.gauges.get('mmm_circuit_state')).toEqual([1, 1]);
    expect(metrics.gauges.get('mmm_partition_blocked')).toEqual([1, 2]);
    await Promise.resolve();
    expect(store.opened.get('pm3.signals.normalized:0')?.evidence.codes).toEqual({
      SCHEMA_VIOLATION: 2,
      ID_MISSING: 2,
    });
  });

  test('is not held for what the producer alone can cause', () => {
    const { deliver } = make();
    for (let n = 0; n < 20; n++) expect(deliver(['TOO_DEEP', 'NOT_JSON', 'EMPTY_VALUE', null])).toBe('passed');
  });

  test('a batch that was not written is not counted', () => {
    const { breaker, deliver } = make();
    const batch = [
      rawRecord('{"producer_id":"p"}'),
      rawRecord('{"producer_id":"p"}'),
      rawRecord('{"producer_id":"p"}'),
    ];
    for (let n = 0; n < 5; n++) breaker.admit(batch, ['ID_MISSING', 'ID_MISSING', 'ID_MISSING']);
    expect(deliver(['ID_MISSING'])).toBe('passed');
  });

  test('is tried after its rest: still bad it is held again by one record, mended it closes', async () => {
    const { deliver, events, rest, store, metrics, breaker } = make();
    const held = deliver(BAD) as LaneHeld;
    rest();
    await held.over;
    const again = deliver(['ID_MISSING']) as LaneHeld;
    expect(again).toBeInstanceOf(LaneHeld);
    rest();
    await again.over;
    expect(metrics.gauges.get('mmm_circuit_state')).toEqual([1, 2, 1, 2]);
    expect(deliver(GOOD)).toBe('passed');
    expect(events).toEqual(['dlq_breaker_open', 'dlq_breaker_still_open', 'dlq_breaker_closed']);
    expect(breaker.held()).toEqual([]);
    await Promise.resolve();
    expect(store.opened.size).toBe(0);
    expect(deliver(['ID_MISSING'])).toBe('passed');
  });

  test('is let through at once by an operator, and guarded again when that is over', async () => {
    const { deliver, store, breaker, at } = make();
    const held = deliver(BAD) as LaneHeld;
    store.wishes = { releasedUntilMs: 50_000 };
    await breaker.refresh();
    await held.over;
    for (let n = 0; n < 3; n++) expect(deliver(BAD)).toBe('passed');
    at(50_000);
    expect(deliver(BAD)).toBeInstanceOf(LaneHeld);
  });

  test('is tried at once when an operator asks, once for each time', async () => {
    const { deliver, store, breaker, metrics } = make();
    const held = deliver(BAD) as LaneHeld;
    store.wishes = { tries: 1 };
    await breaker.refresh();
    await held.over;
    expect(deliver(BAD)).toBeInstanceOf(LaneHeld);
    await breaker.refresh();
    expect(metrics.gauges.get('mmm_circuit_state')).toEqual([1, 2, 1]);
  });

  test('that was open when the process before ended is tried first: a restart lets nothing drain away', async () => {
    const first = make();
    first.deliver(BAD);
    await first.breaker.refresh();
    const second = make(first.store);
    await second.breaker.refresh();
    expect(second.breaker.held()).toEqual([]);
    expect(second.deliver(['ID_MISSING'])).toBeInstanceOf(LaneHeld);
    expect(second.events).toEqual(['dlq_breaker_open']);
  });

  test('is forgotten by a process whose lane another one has closed', async () => {
    const { deliver, rest, store, breaker, at } = make();
    const held = deliver(BAD) as LaneHeld;
    rest();
    await held.over;
    store.opened.clear();
    await breaker.refresh();
    expect(breaker.held()).toHaveLength(1);
    at(60_000);
    await breaker.refresh();
    expect(breaker.held()).toEqual([]);
  });

  test('is held also while the store is away, which is told when it is back', async () => {
    const { deliver, store, breaker, events } = make();
    store.away = true;
    expect(deliver(BAD)).toBeInstanceOf(LaneHeld);
    await breaker.refresh();
    store.away = false;
    await breaker.refresh();
    expect(store.opened.size).toBe(1);
    expect(events.filter((event) => event === 'dlq_breaker_store_away').length).toBeGreaterThan(0);
  });

  test('is let go when the process stops', async () => {
    const { deliver, breaker } = make();
    const held = deliver(BAD) as LaneHeld;
    breaker.stop();
    await held.over;
  });
});

test('intake writes nothing of a batch that opens it, and everything of it once after it is mended', async () => {
  const { breaker, rest } = make();
  const intake = await openIntake({ breaker });
  const records = ['a', 'b', 'c', 'd'].map((id) => rawRecord(sinEnvelope({ signal_id: id, producer_id: id })));
  const invalid = records.map((one, n) =>
    rawRecord(sinEnvelope({ producer_id: `${n}`, tenant_id: '' }), { position: one.position }),
  );
  const held = (await intake.deliver(invalid).catch((error: unknown) => error)) as LaneHeld;
  expect(held).toBeInstanceOf(LaneHeld);
  expect(intake.written).toEqual([]);
  expect(intake.metrics.total('intake', 'received')).toBe(0);
  rest();
  await held.over;
  await intake.deliver(records);
  expect(intake.signals()).toHaveLength(4);
  expect(intake.letters()).toEqual([]);
});
