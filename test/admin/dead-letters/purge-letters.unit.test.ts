import { expect, test } from '@jest/globals';
import { createPurgePlanner, purgeLetters } from '../../../src/admin/dead-letters/purge-letters.ts';
import type { RawRecord } from '../../../src/pipeline/ports/intake.ts';
import { letterRecord, NOW_MS } from './letters.ts';

const log: readonly RawRecord[] = [
  letterRecord({ code: 'NOT_JSON', minute: 1 }, { lane: 0, position: 10n }),
  letterRecord({ code: 'ID_MISSING', minute: 2 }, { lane: 0, position: 11n }),
  letterRecord({ code: 'NOT_JSON', minute: 3 }, { lane: 0, position: 12n }),
  letterRecord({ code: 'ID_MISSING', minute: 5 }, { lane: 0, position: 13n }),
  letterRecord({ code: 'ID_MISSING', minute: 4 }, { lane: 1, position: 5n }),
  { ...letterRecord({}, { lane: 2, position: 0n }), headers: {} },
];
const planOf = (code: string | null) => {
  const planner = createPurgePlanner((letter) => code === null || letter.code === code);
  for (const record of log.toReversed()) planner.add(record);
  return planner.plan();
};

test('a cut is behind the last chosen letter of each partition, and counts what stands between', () => {
  const plan = planOf('NOT_JSON');
  expect([...plan.cuts]).toEqual([[0, 13n]]);
  expect(plan).toMatchObject({ chosen: 2, others: 1, oldestMs: NOW_MS + 60_000, newestMs: NOW_MS + 180_000 });
  expect([...plan.othersByCode]).toEqual([['ID_MISSING', 1]]);
  expect([...planOf(null).cuts].sort(([a], [b]) => a - b)).toEqual([
    [0, 14n],
    [1, 6n],
  ]);
  expect(planOf('TOO_DEEP').cuts.size).toBe(0);
});

const order = { who: 'me', reason: 'r', filter: {}, allBefore: false };
const purge = async (
  plan: ReturnType<typeof planOf>,
  allBefore: boolean,
  cut = (): Promise<void> => Promise.resolve(),
) => {
  const events: string[] = [];
  const audit = { write: ({ what }: { what: string }) => Promise.resolve(void events.push(what)) };
  const cutting = (_topic: string, before: ReadonlyMap<number, bigint>): Promise<void> => {
    events.push(`cut ${[...before].map(String).sort().join(' ')}`);
    return cut();
  };
  await purgeLetters({ cut: cutting, audit }, plan, { ...order, allBefore }).catch((error: unknown) =>
    events.push((error as { code: string }).code),
  );
  return events;
};

test('nothing that was not chosen goes without a word; the audit comes first', async () => {
  expect(await purge(planOf('NOT_JSON'), false)).toEqual(['CONFLICT']);
  expect(await purge(planOf('NOT_JSON'), true)).toEqual(['dlq_purge', 'cut 0,13']);
  expect(await purge(planOf('TOO_DEEP'), true)).toEqual([]);
  const failing = (): Promise<void> => Promise.reject(Object.assign(new Error('away'), { code: 'AWAY' }));
  expect(await purge(planOf(null), false, failing)).toEqual(['dlq_purge', 'cut 0,14 1,6', 'dlq_purge_failed', 'AWAY']);
});
