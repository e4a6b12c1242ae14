import { expect, test } from '@jest/globals';
import { counted, emptyCounts, summaryLine } from '../../../src/replay/verify/tally.ts';
import { failed, signatureOnly, type Verdict } from '../../../src/replay/verify/verdict.ts';

const verified: Verdict = { status: 'verified', notes: [] };
const differs = failed({ what: 'trace', expected: null, found: null, meaning: '' });
const of = (...verdicts: readonly Verdict[]): string =>
  summaryLine(
    verdicts
      .map((verdict) => ({ at: '', receiptId: null, kid: null, kind: null, fault: null, verdict }))
      .reduce(counted, emptyCounts),
  );

test('what was not made again is counted apart, by why, and never as verified', () => {
  expect(of()).toBe('0 receipts: 0 verified, 0 by signature only, 0 failed');
  expect(of(verified)).toBe('1 receipt: 1 verified, 0 by signature only, 0 failed');
  expect(
    of(verified, signatureOnly('past_retention'), verified, signatureOnly('erased'), differs, signatureOnly('erased')),
  ).toBe('6 receipts: 2 verified, 3 by signature only (1 past retention, 2 of erased actors), 1 failed');
});
