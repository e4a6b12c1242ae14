import { expect, test } from '@jest/globals';
import { check, runChecks } from '../../../src/admin/queries/run-checks.ts';
import { MmmError } from '../../../src/errors.ts';

const fine = async (): Promise<string> => 'fine';
const away = async (): Promise<string> => {
  throw new MmmError('CACHE_UNAVAILABLE', undefined, { details: { host: 'h' } });
};

test('a failure does not hide the others, and what stands on it is not looked at', async () => {
  const told: string[] = [];
  const results = await runChecks(
    [
      check('a', [], away),
      check('b', ['a'], fine),
      check('c', ['b'], fine),
      check('d', [], fine),
      check('e', [], away, true),
      check('f', [], async () => await Promise.reject(new TypeError('odd'))),
    ],
    ({ name }) => void told.push(name),
  );
  expect(told).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  expect(results.map(({ status }) => status)).toEqual(['fail', 'skipped', 'skipped', 'ok', 'warn', 'fail']);
  expect(results[0]).toMatchObject({
    detail: expect.stringContaining('host: h'),
    remedy: expect.stringContaining('REDIS_URL'),
  });
  expect(results[1]?.detail).toContain('a first');
  expect(results[5]?.detail).toBe('odd');
});
