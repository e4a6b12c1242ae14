import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type EarlierOutcome,
  NOT_USEFUL,
  outcomeEntryIdOf,
  outcomeFault,
  type OutcomeReport,
  REASON_MAX_CHARS,
  sequenceOf,
} from '../../src/domain/outcome.ts';
import { OUTCOME_RESULTS, type OutcomeResult } from '../../src/domain/vocabulary.ts';
import { ids, MINUTE, NOON } from './decision/given.ts';

const aReport = (change: Partial<OutcomeReport> = {}): OutcomeReport => ({
  outcomeId: 'o-1',
  tenantId: 'acme',
  decisionId: 'd-1',
  actionId: 'a-1',
  actorId: 'dev1',
  result: 'shown',
  reason: null,
  occurredAtMs: NOON,
  ...change,
});

describe('a report alone', () => {
  test.each<[string, Partial<OutcomeReport>, string | null]>([
    ['nothing wrong', {}, null],
    ['any text as result (D-14 BANANA)', { result: 'BANANA' as OutcomeResult }, 'result is not one of'],
    ['dismissed without reason (D-14)', { result: 'dismissed' }, 'reason is missing; dismissed'],
    ['failed without reason (D-14)', { result: 'failed' }, 'reason is missing; failed'],
    ['dismissed with a blank reason', { result: 'dismissed', reason: '  ' }, 'reason is missing'],
    ['dismissed with a reason', { result: 'dismissed', reason: 'later' }, null],
    ['a reason nobody asked for', { result: 'accepted', reason: NOT_USEFUL }, null],
    ['a novel as reason', { reason: 'x'.repeat(REASON_MAX_CHARS + 1) }, 'reason has 513 characters'],
    ['a NUL in the reason', { reason: 'a\u0000b' }, 'reason has control characters'],
    ['no outcome id', { outcomeId: ' ' }, 'outcome_id is missing'],
    ['a long action id', { actionId: 'x'.repeat(256) }, 'action_id has 256 characters'],
    ['half a character in the actor id', { actorId: '\ud800' }, 'actor_id has characters'],
    ['a time that is none', { occurredAtMs: Number.NaN }, 'occurred_at is not a date-time'],
    ['ten minutes ahead', { occurredAtMs: NOON + 10 * MINUTE }, null],
    ['more than that', { occurredAtMs: NOON + 10 * MINUTE + 1 }, 'occurred_at is more than 10 minutes ahead'],
  ])('%s', (_what, change, says) => {
    const fault = outcomeFault(aReport(change), NOON);
    if (says === null) expect(fault).toBeNull();
    else expect(fault).toContain(says);
  });
});

describe('the order of outcomes of one action', () => {
  const after = (earlier: readonly OutcomeResult[], result: OutcomeResult): string =>
    sequenceOf(
      earlier.map((one) => ({ result: one, reason: 'r' })),
      { result, reason: 'r' },
    ).kind;

  test.each<[string, readonly OutcomeResult[], Record<OutcomeResult, string>]>([
    ['nothing', [], { shown: 'new', ignored: 'new', dismissed: 'new', accepted: 'new', failed: 'conflict' }],
    ['shown', ['shown'], { shown: 'said', ignored: 'new', dismissed: 'new', accepted: 'new', failed: 'conflict' }],
    ['ignored', ['ignored'], { shown: 'new', ignored: 'said', dismissed: 'new', accepted: 'new', failed: 'conflict' }],
    [
      'dismissed',
      ['dismissed'],
      { shown: 'new', ignored: 'conflict', dismissed: 'said', accepted: 'conflict', failed: 'conflict' },
    ],
    [
      'accepted',
      ['shown', 'accepted'],
      { shown: 'said', ignored: 'conflict', dismissed: 'conflict', accepted: 'said', failed: 'new' },
    ],
    [
      'failed',
      ['accepted', 'failed'],
      { shown: 'new', ignored: 'conflict', dismissed: 'conflict', accepted: 'said', failed: 'said' },
    ],
  ])('after %s', (_what, earlier, expected) => {
    const kinds = Object.fromEntries(OUTCOME_RESULTS.map((result) => [result, after(earlier, result)]));
    expect(kinds).toEqual(expected);
  });

  test('the same result again is new only if it is the first to say not_useful', () => {
    const say = (earlier: EarlierOutcome[], reason: string | null): string =>
      sequenceOf(earlier, { result: 'dismissed', reason }).kind;
    expect(say([{ result: 'dismissed', reason: 'later' }], NOT_USEFUL)).toBe('new');
    expect(say([{ result: 'dismissed', reason: NOT_USEFUL }], NOT_USEFUL)).toBe('said');
    expect(say([{ result: 'dismissed', reason: NOT_USEFUL }], 'later')).toBe('said');
  });

  test('whatever is reported in whatever order, what is kept never says both accepted and dismissed, nor failed unaccepted', () => {
    const reports = fc.array(
      fc.record({ result: fc.constantFrom(...OUTCOME_RESULTS), reason: fc.constantFrom(null, NOT_USEFUL, 'later') }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(reports, (drawn) => {
        const kept: EarlierOutcome[] = [];
        for (const one of drawn) if (sequenceOf(kept, one).kind === 'new') kept.push(one);
        const results = kept.map(({ result }) => result);
        expect(results.includes('accepted') && results.includes('dismissed')).toBe(false);
        expect(results.includes('failed') && !results.includes('accepted')).toBe(false);
        // Bounded, whoever sends how often.
        expect(kept.length).toBeLessThanOrEqual(2 * OUTCOME_RESULTS.length);
      }),
    );
  });
});

test("an outcome's entry has an id of its own kind: one that a producer calls like a signal can not make that a duplicate", () => {
  const signalId = ids.uuid5('signal', '["pm3","acme","x"]');
  expect(outcomeEntryIdOf(ids, 'acme', signalId)).not.toBe(signalId);
  expect(outcomeEntryIdOf(ids, 'acme', 'o')).not.toBe(outcomeEntryIdOf(ids, 'other', 'o'));
});
