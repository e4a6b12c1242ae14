import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  addOutcomes,
  type BreakerLimits,
  EMPTY_WINDOW,
  opens,
  type Outcome,
  staysOpen,
  type Window,
} from '../../src/domain/dead-letter-breaker.ts';

const LIMITS: BreakerLimits = { records: 20, sharePercent: 75, windowMs: 600_000 };
const from = (sender: string, suspect: boolean, count = 1): Outcome[] =>
  Array.from({ length: count }, () => ({ sender, suspect }));
const bad = (sender: string, count = 1): Outcome[] => from(sender, true, count);
const good = (sender: string, count = 1): Outcome[] => from(sender, false, count);
const senders = (count: number, make: (sender: string) => Outcome[]): Outcome[] =>
  Array.from({ length: count }, (_, n) => make(`p${n}`)).flat();
const after = (...batches: Outcome[][]): Window =>
  batches.reduce((window, batch, at) => addOutcomes(window, batch, at, LIMITS), EMPTY_WINDOW);

describe('the breaker of a lane', () => {
  test('given all senders are refused, when the minimum is reached, then it opens', () => {
    expect(opens(after(senders(5, (one) => bad(one, 3))), senders(5, bad), 9, LIMITS)).toEqual({
      refused: 20,
      records: 20,
      senders: 5,
      failingSenders: 5,
    });
    expect(opens(after(senders(5, (one) => bad(one, 3))), senders(4, bad), 9, LIMITS)).toBeNull();
  });

  test('given one producer that sends rubbish at any rate among others, then it stays closed', () => {
    expect(opens(after(good('a')), bad('rogue', 5_000), 9, LIMITS)).toBeNull();
    expect(opens(EMPTY_WINDOW, [...bad('rogue', 5_000), ...good('a'), ...good('b')], 9, LIMITS)).toBeNull();
  });

  test('given a lane of one sender that is refused, then it opens: nobody else waits behind it', () => {
    expect(opens(EMPTY_WINDOW, bad('only', 20), 9, LIMITS)).not.toBeNull();
  });

  test('given a sender half of whose records are refused, then that sender does not fail', () => {
    expect(
      opens(
        EMPTY_WINDOW,
        senders(5, (one) => [...bad(one, 5), ...good(one, 5)]),
        9,
        LIMITS,
      ),
    ).toBeNull();
    expect(
      opens(
        EMPTY_WINDOW,
        senders(5, (one) => [...bad(one, 6), ...good(one, 5)]),
        9,
        LIMITS,
      ),
    ).not.toBeNull();
  });

  test('given a long good past, when everything fails from now on, then it still opens soon', () => {
    const past = after(...Array.from({ length: 500 }, () => senders(5, (one) => good(one, 4))));
    let window = past;
    let through = 0;
    while (opens(window, senders(5, bad), 500, LIMITS) === null) {
      window = addOutcomes(window, senders(5, bad), 500, LIMITS);
      through += 5;
      expect(through).toBeLessThanOrEqual(LIMITS.records * 5);
    }
  });

  test('given refusals long ago, then they do not count', () => {
    const old = addOutcomes(EMPTY_WINDOW, bad('a', 19), 0, LIMITS);
    expect(opens(old, bad('a'), LIMITS.windowMs - 1, LIMITS)).not.toBeNull();
    expect(opens(old, bad('a'), LIMITS.windowMs, LIMITS)).toBeNull();
  });

  test('given 100 per cent, then it never opens', () => {
    expect(opens(EMPTY_WINDOW, bad('a', 5_000), 0, { ...LIMITS, sharePercent: 100 })).toBeNull();
  });

  test('an open one stays open while most senders of what it holds fail, however few the records, and closes when not', () => {
    expect(staysOpen(bad('a'), LIMITS)).not.toBeNull();
    expect(staysOpen([...bad('a', 9), ...good('b')], LIMITS)).toBeNull();
    expect(staysOpen(good('a'), LIMITS)).toBeNull();
    expect(staysOpen([], LIMITS)).toBeNull();
  });
});

const outcome = fc.record({ sender: fc.constantFrom('a', 'b', 'c', 'd', 'e'), suspect: fc.boolean() });
const batches = fc.array(fc.array(outcome, { maxLength: 40 }), { maxLength: 30 });
const count = (all: readonly Outcome[]): number => all.filter(({ suspect }) => suspect).length;

describe('for any history', () => {
  test('below the minimum of refusals it never opens', () => {
    fc.assert(
      fc.property(batches, (history) => {
        let window = EMPTY_WINDOW;
        let refused = 0;
        for (const [at, batch] of history.entries()) {
          refused += count(batch);
          if (refused >= LIMITS.records) return;
          expect(opens(window, batch, at, LIMITS)).toBeNull();
          window = addOutcomes(window, batch, at, LIMITS);
        }
      }),
    );
  });

  test('it opens only on a batch with a refusal, for more than the share of senders, and its totals are those of the window', () => {
    fc.assert(
      fc.property(batches, (history) => {
        let window = EMPTY_WINDOW;
        for (const [at, batch] of history.entries()) {
          const evidence = opens(window, batch, at, LIMITS);
          const next = addOutcomes(window, batch, at, LIMITS);
          const held = next.slices.reduce((sum, { records }) => sum + records, 0);
          const newest = next.slices.at(-1)?.records ?? 0;
          expect(held).toBeLessThanOrEqual(Math.max(LIMITS.records * 4, newest));
          if (evidence !== null) {
            expect(count(batch)).toBeGreaterThan(0);
            expect(evidence.records).toBe(held);
            expect(evidence.refused).toBeGreaterThanOrEqual(LIMITS.records);
            expect(evidence.failingSenders * 100).toBeGreaterThan(evidence.senders * LIMITS.sharePercent);
          } else window = next;
        }
      }),
    );
  });

  test('a lane with a quarter of its senders well never opens, whatever the others send', () => {
    const failing = fc.array(fc.record({ sender: fc.constantFrom('a', 'b', 'c'), suspect: fc.constant(true) }), {
      maxLength: 300,
    });
    fc.assert(fc.property(failing, (batch) => opens(EMPTY_WINDOW, [...batch, ...good('well')], 0, LIMITS) === null));
  });
});
