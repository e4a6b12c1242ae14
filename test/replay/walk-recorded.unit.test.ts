import { expect, test } from '@jest/globals';
import { NO_CONTEXT } from '../../src/entrypoints/no-context.ts';
import type { RecordedLine, RecordedPiece } from '../../src/replay/recorded-history.ts';
import { walkRecorded } from '../../src/replay/walk-recorded.ts';
import { push } from '../pipeline/harness.ts';

const line = (actorId: string, version: number): RecordedLine => ({
  actorId,
  entry: {
    ...{ kind: 'signal', version, signalId: `${actorId}-${version}`, decisionId: null, result: 'no_match' },
    ...{ atMs: version, decidedAtMs: version, recent: null, sent: [], chain: '' },
  },
  signal: JSON.stringify(push(actorId, `${version}`)),
  read: null,
});

const walk = async (pieces: readonly RecordedPiece[], onLine: () => void = () => undefined) => {
  const told: string[] = [];
  await walkRecorded(
    { history: { lines: () => piecesOf(pieces) }, noContext: NO_CONTEXT },
    { tenantId: 't1', stretch: { fromMs: 2, toMs: 1e9 }, isSelected: ({ entry }) => entry.decidedAtMs >= 2 },
    {
      nextActor: (actorId) => told.push(actorId),
      other: ({ version }) => told.push(`${version} other`),
      selected: ({ entry }, recorded) => {
        onLine();
        told.push(`${entry.version} of ${recorded!.signal.actor_id ?? '-'} in ${recorded!.profile?.timeZone ?? '-'}`);
      },
      piece: (done) => void told.push(`${done} done`),
    },
  );
  return told;
};

async function* piecesOf(pieces: readonly RecordedPiece[]): AsyncGenerator<RecordedPiece> {
  for (const piece of pieces) yield await Promise.resolve(piece);
}

test('an actor whose lines stand in two pieces is one actor, with its profile in both', async () => {
  const profile = {
    ...{ roles: [], timeZone: 'Europe/Oslo' },
    preferences: { optOutCategories: [], preferredSurfaces: null, snoozeUntilMs: null },
  };
  const profiles = new Map([['b', profile]]);
  const told = await walk([
    { lines: [line('a', 1), line('a', 2), line('b', 2)], profiles, read: 4 },
    { lines: [line('b', 3), line('c', 2)], profiles, read: 2 },
  ]);
  expect(told).toEqual([
    ...['a', '1 other', '2 of a in -', 'b', '2 of b in Europe/Oslo', '4 done'],
    ...['3 of b in Europe/Oslo', 'c', '2 of c in -', '6 done'],
  ]);
});

test('within a piece there are turns of the event loop, or nothing could be fetched meanwhile', async () => {
  let turns = 0;
  let going = true;
  const turn = (): void => {
    turns += 1;
    if (going) setImmediate(turn);
  };
  setImmediate(turn);
  const lines = Array.from({ length: 1_000 }, (_, at) => line('a', at + 1));
  const atLine: number[] = [];
  await walk([{ lines, profiles: new Map(), read: 1_000 }], () => atLine.push(turns));
  going = false;
  expect(new Set(atLine).size).toBeGreaterThanOrEqual(10);
});
