import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { GATES } from '../../src/domain/decision/planned.ts';
import { DISPOSITIONS, OUTCOME_RESULTS, SIGNAL_RESULTS } from '../../src/domain/vocabulary.ts';
import { lastRelease, releases } from '../migrations/released.ts';
import { DecideAgain, type Decided } from './decide-again.ts';
import type { Line } from './tell.ts';

const FOLDER = fileURLToPath(new URL('../histories', import.meta.url));
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.jsonl'));

const linesOf = (file: string): readonly Line[] =>
  readFileSync(`${FOLDER}/${file}`, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

const WHAT_TO_DO =
  'This code decides otherwise than a release did whose data is still there. Either that is a fault of the change, and the change is to be mended; or it is meant: ' +
  'then the release notes must say which decisions change, a history of the new release is recorded (npm run history:record, with its version in package.json), and this ' +
  'one is removed when nothing that its release decided can be asked about any more (90 days after its last process has ended).';

describe.each(FILES)('%s', (file) => {
  test('is decided again as it was, byte for byte', async () => {
    const again = new DecideAgain();
    for (const [at, { expect: expected, ...step }] of linesOf(file).entries()) {
      const found: unknown = JSON.parse(JSON.stringify(await again.take(step)));
      expect({ what: WHAT_TO_DO, line: at + 1, found }).toEqual({ what: WHAT_TO_DO, line: at + 1, found: expected });
    }
  });
});

test('each release that was made has a history', () => {
  expect(FILES.sort()).toEqual(releases().map(({ version }) => `${version}.jsonl`));
});

describe('the history of the last release', () => {
  const lines = linesOf(`${lastRelease().version}.jsonl`);
  const decided = lines.flatMap(({ expect: expected }) => (Array.isArray(expected) ? (expected as Decided[]) : []));
  const candidates = decided.flatMap((one) => one.candidates);
  const missing = <T extends string>(all: readonly T[], isThere: (one: T) => boolean): readonly T[] =>
    all.filter((one) => !isThere(one));

  test('has a no of each gate; of restrictions there is no source yet, so nothing could be vetoed', () => {
    const vetoes = candidates.flatMap((text) => /\[(.*)\]$/.exec(text)?.[1]?.split(' ') ?? []);
    expect(missing(GATES, (gate) => vetoes.some((veto) => veto.startsWith(`${gate}:`)))).toEqual(['restrictions']);
  });

  test('has each result, disposition and outcome', () => {
    expect(missing(SIGNAL_RESULTS, (result) => decided.some((one) => one.result === result))).toEqual([]);
    expect(missing(DISPOSITIONS, (word) => candidates.some((text) => text.includes(`: ${word} `)))).toEqual([]);
    const reports = lines.flatMap((line) =>
      line.step === 'outcome' && line.expect !== null && 'outcome' in line.expect
        ? [`${line.report.result} ${line.expect.outcome}`]
        : [],
    );
    expect(missing(OUTCOME_RESULTS, (result) => reports.includes(`${result} recorded`))).toEqual([]);
    expect(reports).toEqual(
      expect.arrayContaining(['shown repeated', 'accepted CONFLICT', 'dismissed RESOURCE_NOT_FOUND']),
    );
  });

  test('has cards in each form and state, arms of experiments, and days on which clocks change', () => {
    const shown = new Set(decided.flatMap((one) => one.shown.flatMap((text) => text.split(' '))));
    const words = [
      'ide',
      'ci',
      'alert',
      'card',
      'check-summary',
      'notification',
      'digest',
      'live',
      'resolved',
      'withdrawn',
      'r2',
    ];
    expect(missing(words, (word) => shown.has(word))).toEqual([]);
    const arms = new Set(decided.flatMap((one) => one.assignments));
    expect([...arms].sort()).toEqual(['which-words new', 'which-words none', 'which-words old']);
    const reasons = [
      'shadow',
      'holdout',
      'experiment_on_hold',
      'dismissed_before',
      'newer_signal',
      'subject_resolved',
      'expires_first',
    ];
    expect(missing(reasons, (reason) => candidates.some((text) => text.includes(` ${reason}`)))).toEqual([]);
    expect(lines.filter(({ at }) => at.startsWith('2027-03-28') || at.startsWith('2027-10-31')).length).toBeGreaterThan(
      6,
    );
  });
});
