import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { withFolderLock } from '../../../src/adapters/local-stack/folder-lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmm-lock-'));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

test('two holders never overlap, and nothing is left behind', async () => {
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await readdir(folder);
    inside -= 1;
  };
  await Promise.all([1, 2, 3].map(async () => await withFolderLock(folder, work)));
  expect(most).toBe(1);
  expect(await readdir(folder)).toEqual([]);
});

test('the lock of a process that is gone is taken over', async () => {
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  await writeFile(join(folder, 'lock'), String(dead));
  expect(await withFolderLock(folder, async () => await Promise.resolve('done'))).toBe('done');
  expect(await readdir(folder)).toEqual([]);
});

test('a failure inside releases the lock', async () => {
  const failure = new Error('inside');
  await expect(withFolderLock(folder, async () => await Promise.reject(failure))).rejects.toBe(failure);
  expect(await readdir(folder)).toEqual([]);
});
