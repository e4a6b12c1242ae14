import { expect, test } from '@jest/globals';
import { ERRORS, MmmError } from '../../src/errors.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { pause, verdictOn } from '../../src/pipeline/failure-policy.ts';

const codes = Object.keys(ERRORS) as ErrorCode[];

test('intake waits for every retriable code, for ever, and ever slower up to ten seconds', () => {
  for (const code of codes.filter((one) => ERRORS[one].retriable)) {
    const waits = [1, 2, 3, 8, 1_000_000].map((attempt) => verdictOn('intake', new MmmError(code), attempt));
    expect(waits).toEqual([100, 200, 400, 10_000, 10_000].map((afterMs) => ({ kind: 'retry', afterMs })));
  }
});

test('intake dead-letters what content can cause at once, and blames no record for the installation', () => {
  expect(verdictOn('intake', new MmmError('NOT_JSON'), 1)).toEqual({ kind: 'dead_letter', code: 'NOT_JSON' });
  for (const code of ['TOPIC_MISSING', 'CONFIG_INVALID', 'DATABASE_NOT_DURABLE'] as const) {
    expect(verdictOn('append', new MmmError(code), 1)).toEqual({ kind: 'stop' });
  }
});

test('an unknown fault gets three tries', () => {
  const verdicts = [1, 2, 3].map((attempt) => verdictOn('append', new TypeError('x'), attempt).kind);
  expect(verdicts).toEqual(['retry', 'retry', 'dead_letter']);
});

test('a session ends on any error', () => {
  for (const error of [new MmmError('LOG_UNAVAILABLE'), new MmmError('IN_DOUBT'), new TypeError('x'), undefined]) {
    expect([verdictOn('decide', error, 1), verdictOn('publish', error, 1)]).toEqual([
      { kind: 'stop' },
      { kind: 'stop' },
    ]);
  }
});

test('a pause ends when it is aborted', async () => {
  const stopping = new AbortController();
  const paused = pause(3_600_000, stopping.signal);
  stopping.abort();
  await expect(paused).rejects.toThrow();
});
