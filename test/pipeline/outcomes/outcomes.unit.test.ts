import { describe, expect, test } from '@jest/globals';
import type { OutcomeReport } from '../../../src/domain/outcome.ts';
import { MmmError } from '../../../src/errors.ts';
import { createOutcomes, type OutcomesDependencies } from '../../../src/pipeline/outcomes/outcomes.ts';
import type { IntakeHandler, RawRecord } from '../../../src/pipeline/ports/intake.ts';
import type { OutputRecord } from '../../../src/pipeline/ports/records.ts';
import { quietLogger } from '../harness.ts';
import { CountingMetrics, decoder, normaliser, NOW_MS, rawRecord } from '../intake/harness.ts';

const aReport = (change: Record<string, unknown> = {}): Record<string, unknown> => ({
  outcome_id: 'o-1',
  tenant_id: 't-1',
  decision_id: 'd-1',
  action_id: 'a-1',
  actor_id: 'dev-1',
  result: 'shown',
  occurred_at: '2026-01-02T11:00:00Z',
  ...change,
});
const raw = (value: unknown, change: Partial<RawRecord> = {}): RawRecord =>
  rawRecord(value, { channel: 'mmm.outcome_reports', ...change });

/** The stage with a source driven by the test and a recording that the test answers for. */
const open = async (change: Partial<OutcomesDependencies> = {}) => {
  let handler: IntakeHandler = () => Promise.reject(new Error('not started'));
  const written: OutputRecord[] = [];
  const recorded: OutcomeReport[] = [];
  const pauses: number[] = [];
  const metrics = new CountingMetrics();
  const stage = createOutcomes({
    source: {
      start: (given) => {
        handler = given;
        return Promise.resolve();
      },
      stop: () => Promise.resolve(),
      health: () => ({ joined: true, detail: '' }),
    },
    writer: {
      append: (records) => {
        written.push(...records);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    },
    decoder,
    normaliser,
    record: (report) => {
      recorded.push(report);
      return Promise.resolve({ status: 'recorded' });
    },
    clock: { now: () => NOW_MS, monotonicMs: () => 0 },
    metrics,
    logger: quietLogger,
    engineVersion: '9.9.9',
    pause: (ms) => {
      pauses.push(ms);
      return Promise.resolve();
    },
    ...change,
  });
  await stage.start();
  return { stage, deliver: (...batch: readonly RawRecord[]) => handler(batch), written, recorded, pauses, metrics };
};

const headersOf = (letter: OutputRecord | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(letter?.headers ?? {}).map(([name, value]) => [name, String(value)]));

describe('outcome reports', () => {
  test('given a report as interface 2a has it, then it is recorded word for word', async () => {
    const { deliver, recorded, written } = await open();
    await deliver(raw(aReport({ result: 'DISMISSED', reason: 'not_useful', more: 'than asked' })));
    expect(recorded).toEqual([
      {
        outcomeId: 'o-1',
        tenantId: 't-1',
        decisionId: 'd-1',
        actionId: 'a-1',
        actorId: 'dev-1',
        result: 'dismissed',
        reason: 'not_useful',
        occurredAtMs: Date.parse('2026-01-02T11:00:00Z'),
      },
    ]);
    expect(written).toEqual([]);
  });

  test.each<[string, unknown, string, string]>([
    ['any text as result (D-14)', aReport({ result: 'BANANA' }), 'SCHEMA_VIOLATION', '$.result is not one of'],
    ['dismissed without reason (D-14)', aReport({ result: 'dismissed' }), 'SCHEMA_VIOLATION', '$.reason is missing'],
    ['failed with a blank reason (D-14)', aReport({ result: 'failed', reason: ' ' }), 'SCHEMA_VIOLATION', '$.reason'],
    ['no actor (D-14)', aReport({ actor_id: undefined }), 'SCHEMA_VIOLATION', '$.actor_id is missing'],
    ['no tenant', aReport({ tenant_id: '' }), 'TENANT_MISSING', '$.tenant_id'],
    ['no outcome id', aReport({ outcome_id: null }), 'ID_MISSING', '$.outcome_id'],
    ['an id with a NUL', aReport({ action_id: 'a\u0000' }), 'ID_INVALID', '$.action_id'],
    ['no time', aReport({ occurred_at: undefined }), 'TIME_MISSING', '$.occurred_at'],
    ['tomorrow', aReport({ occurred_at: '2026-01-03T12:00:00Z' }), 'TIME_IN_FUTURE', '$.occurred_at'],
    ['a novel as reason', aReport({ reason: 'x'.repeat(600) }), 'SCHEMA_VIOLATION', '$.reason has 600'],
    ['no JSON', 'nonsense', 'NOT_JSON', '$:'],
    ['a list', [aReport()], 'SCHEMA_VIOLATION', '$:'],
    ['no byte', Buffer.alloc(0), 'EMPTY_VALUE', '$:'],
    ['nesting without end', '['.repeat(40), 'TOO_DEEP', '$:'],
  ])(
    '%s is a dead letter with code and place, bytes untouched, and the next one goes on',
    async (_what, value, code, place) => {
      const { deliver, recorded, written, metrics } = await open();
      const bad = raw(value);
      await deliver(bad, raw(aReport()));
      expect(recorded).toHaveLength(1);
      expect(written).toHaveLength(1);
      expect([written[0]?.topic, written[0]?.value]).toEqual(['mmm.dlq', bad.value]);
      expect(headersOf(written[0])).toMatchObject({
        'mmm-dlq-topic': 'mmm.outcome_reports',
        'mmm-dlq-stage': 'outcomes',
        'mmm-dlq-code': code,
        'mmm-dlq-offset': bad.position.toString(),
        'mmm-dlq-attempts': '1',
        'mmm-dlq-version': '9.9.9',
      });
      expect(headersOf(written[0])['mmm-dlq-message']).toContain(place);
      expect([metrics.total('outcomes', 'rejected', code), metrics.total('outcomes', 'received')]).toEqual([1, 2]);
    },
  );

  test.each(['RESOURCE_NOT_FOUND', 'CONFLICT', 'VALIDATION_ERROR'] as const)(
    'what the recording refuses with %s is a dead letter at once, told in its words (D-14)',
    async (code) => {
      const { deliver, written, pauses } = await open({
        record: () => Promise.reject(new MmmError(code, 'there is no such action')),
      });
      await deliver(raw(aReport()));
      expect(headersOf(written[0])).toMatchObject({ 'mmm-dlq-code': code, 'mmm-dlq-stage': 'outcomes' });
      expect(headersOf(written[0])['mmm-dlq-message']).toMatch(/^\$: there is no such action; \w/);
      expect(pauses).toEqual([]);
    },
  );

  test('a credential in a report is never copied: length and digest alone', async () => {
    const { deliver, written } = await open();
    const credential = `ghp_${'a1B2'.repeat(9)}`;
    await deliver(
      raw(aReport({ reason: credential, result: 'dismissed' })),
      raw('not json', { headers: { authorization: `Bearer ${credential}` } }),
    );
    for (const letter of written) {
      expect(headersOf(letter)).toMatchObject({ 'mmm-dlq-code': 'SECRET_FOUND' });
      expect(headersOf(letter)).not.toHaveProperty('authorization');
      expect(Buffer.from(letter.value!).toString()).toMatch(
        /^\{"withheld":true,"bytes":\d+,"sha256":"[0-9a-f]{64}"\}$/,
      );
    }
    expect(written).toHaveLength(2);
  });

  test('a database that is away or overloaded holds the lane, however long, and blames no record', async () => {
    let failures = 40;
    const { deliver, written, pauses, metrics } = await open({
      record: () => {
        failures -= 1;
        return failures >= 0
          ? Promise.reject(new MmmError(failures % 2 === 0 ? 'DATABASE_UNAVAILABLE' : 'OVERLOADED'))
          : Promise.resolve({ status: 'repeated' });
      },
    });
    await deliver(raw(aReport()));
    expect([pauses.length, pauses[0], pauses.at(-1)]).toEqual([40, 100, 10_000]);
    expect(written).toEqual([]);
    expect(metrics.total('outcomes', 'repeated', 'shown')).toBe(1);
  });

  test('a fault of ours is tried three times, then the record is a dead letter, its text untold', async () => {
    let tries = 0;
    const { deliver, written } = await open({
      record: ({ outcomeId }) => {
        if (outcomeId !== 'bad') return Promise.resolve({ status: 'recorded' });
        tries += 1;
        return Promise.reject(
          tries === 2 ? new MmmError('INTERNAL_ERROR', 'secret text') : new TypeError('secret text'),
        );
      },
    });
    await deliver(raw(aReport({ outcome_id: 'bad' })), raw(aReport()));
    expect(tries).toBe(3);
    expect(headersOf(written[0])).toMatchObject({ 'mmm-dlq-code': 'UNEXPECTED_FAILURE', 'mmm-dlq-attempts': '3' });
    expect(headersOf(written[0])['mmm-dlq-message']).not.toContain('secret text');
  });

  test('what concerns the installation gives the batch back, and so does stopping while a dependency is away', async () => {
    const wentBack = await open({ record: () => Promise.reject(new MmmError('DATABASE_WENT_BACK')) });
    await expect(wentBack.deliver(raw(aReport()))).rejects.toMatchObject({ code: 'DATABASE_WENT_BACK' });
    expect([wentBack.written, wentBack.metrics.counts.size]).toEqual([[], 0]);

    const waiting = Promise.withResolvers<void>();
    const away = await open({
      record: () => Promise.reject(new MmmError('DATABASE_UNAVAILABLE')),
      pause: (_ms, signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('stopped')));
          waiting.resolve();
        }),
    });
    const delivery = away.deliver(raw(aReport()));
    const outcome = expect(delivery).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await waiting.promise;
    await away.stage.stop();
    await outcome;
  });

  test("one actor's reports are recorded one after the other in their order, and a slow actor delays nobody", async () => {
    const log: string[] = [];
    const gate = Promise.withResolvers<void>();
    const { deliver } = await open({
      record: async ({ actorId, outcomeId }) => {
        if (outcomeId === 'slow-1') await gate.promise;
        log.push(`${actorId} ${outcomeId}`);
        if (outcomeId === 'quick-2') gate.resolve();
        return { status: 'recorded' };
      },
    });
    const of = (actorId: string, id: string): RawRecord => raw(aReport({ actor_id: actorId, outcome_id: id }));
    await deliver(of('slow', 'slow-1'), of('quick', 'quick-1'), of('slow', 'slow-2'), of('quick', 'quick-2'));
    expect(log).toEqual(['quick quick-1', 'quick quick-2', 'slow slow-1', 'slow slow-2']);
  });

  test('a tombstone is skipped, and every record is counted once', async () => {
    const { deliver, metrics, recorded } = await open();
    await deliver(raw(null), raw(aReport()), raw('x'));
    expect(recorded).toHaveLength(1);
    expect(metrics.total('outcomes', 'received')).toBe(3);
    expect(['recorded', 'rejected', 'skipped'].map((what) => metrics.total('outcomes', what))).toEqual([1, 1, 1]);
  });
});
