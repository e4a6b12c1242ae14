import { expect, test } from '@jest/globals';
import { type HeardNudge, politenessOf } from '../../../src/replay/try/politeness.ts';

const DAY = 86_400_000;
const heard = (atCommit: number, change: Partial<HeardNudge> = {}): HeardNudge => ({
  atMs: atCommit * 30 * DAY,
  about: `commit ${atCommit}`,
  playbookId: 'a',
  atCommit,
  ...change,
});

test('the busiest 100 commits in a row count, so that a quiet year does not make up for a loud week', () => {
  const loud = { commits: 5_000, sent: [heard(1), heard(99), heard(100), heard(101), heard(4_000)] };
  expect(politenessOf([loud]).max).toBe(3);
  expect(politenessOf([{ commits: 5_000, sent: [heard(1), heard(101)] }]).max).toBe(1);
});

test('the median is over those with ten commits or more, the higher of two, and those who heard nothing count', () => {
  const silent = { commits: 10, sent: [] };
  const one = { commits: 10, sent: [heard(1)] };
  const oneTime = { commits: 9, sent: [heard(1), heard(2), heard(3)] };
  expect(politenessOf([silent, silent, one, oneTime])).toMatchObject({ activePeople: 3, median: 0, max: 1 });
  expect(politenessOf([silent, one])).toMatchObject({ median: 1 });
  expect(politenessOf([])).toEqual({ activePeople: 0, median: 0, p90: 0, max: 0, repeats: [] });
});

test('twice about one subject in seven days is a repeat, whichever playbooks spoke, also for those with few commits', () => {
  const about = 'src/a.ts';
  const at = (ms: number, playbookId: string): HeardNudge => heard(1, { atMs: ms, about, playbookId });
  expect(politenessOf([{ commits: 2, sent: [at(0, 'a'), at(7 * DAY - 1, 'b')] }]).repeats).toMatchObject([
    { about, playbookIds: ['a', 'b'] },
  ]);
  expect(politenessOf([{ commits: 2, sent: [at(0, 'a'), at(7 * DAY, 'a')] }]).repeats).toEqual([]);
  expect(
    politenessOf([
      { commits: 2, sent: [at(0, 'a')] },
      { commits: 2, sent: [at(1, 'a')] },
    ]).repeats,
  ).toEqual([]);
});
