import { expect, test } from '@jest/globals';
import { BENCH_ACTORS, readTrace, signalSource, traceOf } from '../../../src/entrypoints/bench/signals.ts';

test('a trace gives back when the signal was due and which it was', () => {
  const dueMs = 1_790_000_000_123.25;
  expect(readTrace(traceOf(dueMs, 4_711))).toEqual({ dueMs, number: 4_711 });
  expect(readTrace('00-abc-def-01')).toBeNull();
});

test('one in ten signals has a candidate, and they are of all actors in turn', () => {
  const source = signalSource('run0', 'one_in_ten');
  const numbers = Array.from({ length: BENCH_ACTORS * 10 }, (_, number) => number);
  const delivering = numbers.filter((number) => source.delivers(number));
  expect(delivering).toHaveLength(BENCH_ACTORS);
  const actors = new Set(delivering.map((number) => source.make(number, 0).key));
  expect(actors.size).toBe(BENCH_ACTORS);
});

test('two runs share no id and no actor', () => {
  const [a, b] = ['run1', 'run2'].map((run) => signalSource(run, 'every').make(7, 0));
  expect(a?.key).not.toBe(b?.key);
  expect(a?.value).not.toBe(b?.value);
});
