import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { arrive, order, takenBy } from './points.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmm-points-'));
});
afterEach(async () => await rm(folder, { recursive: true }));

// SIGCONT is the signal that does nothing to a process that runs.
test('who comes to the point takes the order, once, and says so', () => {
  order(folder, 'after-commit', 'SIGCONT');
  expect(takenBy(folder, 'after-commit')).toBeNull();
  arrive(folder, 'after-commit');
  expect(takenBy(folder, 'after-commit')).toBe(process.pid);
});

test('an order that was taken can be given again', () => {
  order(folder, 'after-commit', 'SIGCONT');
  arrive(folder, 'after-commit');
  order(folder, 'after-commit', 'SIGCONT');
  expect(takenBy(folder, 'after-commit')).toBeNull();
});

test('at another point, or without an order, nothing happens', async () => {
  order(folder, 'after-commit', 'SIGKILL');
  arrive(folder, 'before-commit');
  expect(await readdir(folder)).toEqual(['after-commit']);
});
