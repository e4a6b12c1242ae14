import { describe, expect, test } from '@jest/globals';
import { createDefer, type DeferDependencies, releaseDue } from '../../../src/pipeline/defer/defer.ts';
import { MmmError } from '../../../src/errors.ts';
import type { OutputRecord } from '../../../src/pipeline/ports/records.ts';
import { DecideHarness, NOTICE_PUSH, push, rulesWith } from '../harness.ts';

const HOUR = 3_600_000;
const NIGHT = Date.parse('2026-03-04T23:00:00Z');
const MORNING = Date.parse('2026-03-05T06:10:00Z');
const rules = rulesWith(
  [
    { ...NOTICE_PUSH, deferral: { mode: 'defer', expires_after: '24h' } },
    { ...NOTICE_PUSH, id: 'also', deferral: { mode: 'defer', expires_after: '24h' } },
  ],
  { quiet_hours: { start: '22:00', end: '06:00' } },
);

const atNight = async (): Promise<{ harness: DecideHarness; deps: DeferDependencies }> => {
  const harness = new DecideHarness(rules, 1);
  harness.now = NIGHT;
  const at = new Date(NIGHT).toISOString();
  await harness.append([push('a', 'pushed', { occurred_at: at, received_at: at, trace_parent: '00-aa-bb-01' })]);
  await decided(harness);
  const { ids, codec, logger, metrics, clock } = harness.deps;
  const { deferrals, endings } = harness.journal;
  const deps = { ids, codec, logger, metrics, clock, writer: harness.log, deferrals, endings };
  return { harness, deps };
};
const decided = async (harness: DecideHarness): Promise<void> => {
  const sessions = harness.sessions();
  await sessions.start();
  await harness.drained();
  await sessions.stop();
};
const reentries = (harness: DecideHarness): OutputRecord['headers'][] =>
  harness.log
    .read('mmm.signals')
    .slice(1)
    .map(({ headers }) => headers);

describe('what is due', () => {
  test('comes back as signals of the engine itself, is decided again, and is said as one digest', async () => {
    const { harness, deps } = await atNight();
    expect(harness.deliveries()).toEqual([]);
    expect(await releaseDue(deps)).toBe(0);
    harness.now = MORNING;
    expect(await releaseDue(deps)).toBe(2);
    await decided(harness);
    const [night, morning, ...more] = harness.decisions();
    expect(more).toEqual([]);
    expect(night!.candidates.map(({ disposition }) => disposition)).toEqual(['deferred', 'deferred']);
    expect(morning!.candidates.map(({ disposition }) => disposition)).toEqual(['digested', 'digested']);
    expect(harness.deliveries().map(({ variant, items }) => [variant, items.length])).toEqual([['digest', 2]]);
    expect(reentries(harness)[0]).toMatchObject({ traceparent: '00-aa-bb-01', 'mmm-tenant-id': 't1' });
    // Nothing waits, so nothing comes again.
    harness.now += 48 * HOUR;
    expect(await releaseDue(deps)).toBe(0);
  });

  test('is lost by a scheduler that dies with it in hand, and comes again with the same id, which the journal knows', async () => {
    const { harness, deps } = await atNight();
    harness.now = MORNING;
    const dying = {
      ...deps,
      writer: { append: () => Promise.reject(new MmmError('LOG_UNAVAILABLE')), close: () => Promise.resolve() },
    };
    await expect(releaseDue(dying)).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
    expect(await releaseDue(deps)).toBe(0);
    harness.now += 60_000;
    expect(await releaseDue(deps)).toBe(2);
    harness.now += 2 * 60_000;
    expect(await releaseDue(deps)).toBe(2);
    const ids = reentries(harness).map((headers) => headers['mmm-signal-id']);
    expect(ids).toHaveLength(4);
    expect(new Set(ids).size).toBe(2);
    await decided(harness);
    expect(harness.deliveries()).toHaveLength(1);
    expect(harness.decisions()).toHaveLength(2);
  });

  test('is decided by what was read then: the signals that were put off stand beside the re-entry (G3)', async () => {
    const { harness, deps } = await atNight();
    harness.now = MORNING;
    const reads: string[] = [];
    const commit = harness.journal.commit.bind(harness.journal);
    harness.journal.commit = (request) => {
      reads.push(...request.actors.flatMap((actor) => actor.decisions.map(({ read }) => read)));
      return commit(request);
    };
    await releaseDue(deps);
    await decided(harness);
    const { originals, original_contexts } = JSON.parse(reads[0]!) as {
      originals: Record<string, { source_signal_id: string }>;
      original_contexts: Record<string, { incidentActive: boolean }>;
    };
    const continued = harness.decisions()[1]!.candidates.map(({ continues }) => continues);
    expect(Object.keys(originals).sort()).toEqual(continued.sort());
    expect(Object.keys(original_contexts)).toEqual(Object.keys(originals));
    expect(Object.values(originals).map((signal) => signal.source_signal_id)).toEqual(['pushed', 'pushed']);
  });
});

test('a batch without re-entries asks for no deferred signal', async () => {
  const harness = new DecideHarness(rules, 1);
  harness.journal.deferredSignals = () => Promise.reject(new Error('not to be asked'));
  await harness.append([push('a', 'pushed')]);
  await decided(harness);
  expect(harness.decisions()).toHaveLength(1);
});

test('the stage goes on after a failure, and stops with nothing claimed and unwritten', async () => {
  const { harness, deps } = await atNight();
  harness.now = MORNING;
  const looked = Promise.withResolvers<undefined>();
  let looks = 0;
  const stage = createDefer({
    ...deps,
    logger: { ...deps.logger, warn: () => looked.resolve(undefined) },
    deferrals: {
      claim: (now, limit) => {
        looks += 1;
        return looks === 1 ? Promise.reject(new MmmError('DATABASE_UNAVAILABLE')) : deps.deferrals.claim(now, limit);
      },
    },
  });
  const written = new Promise<void>((resolve) => harness.log.watch(() => resolve()));
  await stage.start();
  await looked.promise;
  await written;
  await stage.stop();
  expect(reentries(harness)).toHaveLength(2);
});

test('what waits for a breakpoint comes back with the next look after the push, through the scheduler as ever', async () => {
  const waits = {
    ...NOTICE_PUSH,
    triggers: [{ event_type: 'file_edited' }],
    deferral: { mode: 'defer', until: 'breakpoint', expires_after: '4h' },
  };
  const harness = new DecideHarness(rulesWith([waits]), 1);
  const { ids, codec, logger, metrics, clock } = harness.deps;
  const { deferrals, endings } = harness.journal;
  const deps = { ids, codec, logger, metrics, clock, writer: harness.log, deferrals, endings };
  await harness.append([push('a', 'edited', { event_type: 'file_edited' })]);
  await decided(harness);
  expect(await releaseDue(deps)).toBe(0);
  harness.now += HOUR;
  await harness.append([push('a', 'pushed', { occurred_at: new Date(harness.now).toISOString() })]);
  await decided(harness);
  expect(harness.deliveries()).toEqual([]);
  expect(await releaseDue(deps)).toBe(1);
  await decided(harness);
  expect(harness.deliveries()).toHaveLength(1);
});
