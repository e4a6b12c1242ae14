import { expect, test } from '@jest/globals';
import { faultLines, harmsOf, reportText } from './report.ts';
import type { ChaosOutcome } from './run-chaos.ts';

const outcome = (more: Partial<ChaosOutcome>): ChaosOutcome => ({
  seed: 7,
  seconds: 90,
  injected: [
    { fault: 'kill-after-commit', recoveryMs: 12_000 },
    { fault: 'redis-wiped', recoveryMs: 200 },
    { fault: 'kill-after-commit', recoveryMs: 11_000 },
    { fault: 'kill-after-commit', recoveryMs: 13_000 },
  ],
  findings: [],
  signals: 1_000,
  asks: 50,
  records: 3_000,
  decisions: 900,
  deadLetters: 40,
  processes: 5,
  readLive: true,
  endedWithFault: [],
  ...more,
});

test('each fault has its times, median and longest', () => {
  expect(faultLines(outcome({}))).toEqual([
    { fault: 'kill-after-commit', times: 3, p50Ms: 12_000, maxMs: 13_000 },
    { fault: 'redis-wiped', times: 1, p50Ms: 200, maxMs: 200 },
  ]);
});

test('the report has the seed, a zero in each column of loss, and the aim that was reached', () => {
  const text = reportText(outcome({}));
  expect(text).toContain('seed 7');
  expect(text).toContain('lost 0, duplicated 0, out of order 0, over cap 0, other 0');
  expect(text).toContain('back within 13.0 s at most (aim 15.0 s)');
});

test('what was found is counted in its column and told, and an aim that was missed is said', () => {
  const bad = outcome({
    injected: [{ fault: 'kill-all', recoveryMs: 16_000 }],
    findings: [
      { invariant: 'I1', harm: 'lost', what: 'signal 3 has no result' },
      { invariant: 'I4', harm: 'over cap', what: 'somebody got 3' },
    ],
  });
  expect(harmsOf(bad)).toEqual({ lost: 1, duplicated: 0, 'out of order': 0, 'over cap': 1, other: 0 });
  expect(reportText(bad)).toContain('I1 signal 3 has no result');
  expect(reportText(bad)).toContain('aim 15.0 s: not reached');
});
