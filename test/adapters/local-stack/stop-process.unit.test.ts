import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { identify, isRunning } from '../../../src/adapters/local-stack/process-identity.ts';
import { killProcess, stopProcess } from '../../../src/adapters/local-stack/stop-process.ts';

const started: ChildProcess[] = [];

/** A process that idles until it is signalled, with `marker` on its command line; resolves when it runs. */
const idle = async (marker: string): Promise<number> => {
  const child = spawn(process.execPath, ['-e', "process.stdout.write('up'); setInterval(() => {}, 1000)", marker]);
  started.push(child);
  await once(child.stdout, 'data');
  return child.pid ?? -1;
};

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

test('a process that only has the number of ours is not signalled', async () => {
  const pid = await idle('somebody-else');
  await stopProcess({ pid, marker: '/data/of/our/server' }, 'SIGTERM');
  await killProcess({ pid, marker: '/data/of/our/server' });
  expect(await isRunning({ pid, marker: 'somebody-else' })).toBe(true);
});

test('ours is stopped, and gone when the call resolves', async () => {
  const pid = await idle('/data/of/our/server');
  await stopProcess({ pid, marker: '/data/of/our/server' }, 'SIGTERM');
  expect(await isRunning({ pid, marker: '/data/of/our/server' })).toBe(false);
});

test('stopping what is gone already is no error', async () => {
  const pid = await idle('/data/of/our/server');
  await killProcess({ pid, marker: '/data/of/our/server' });
  await killProcess({ pid, marker: '/data/of/our/server' });
  await stopProcess({ pid, marker: '/data/of/our/server' }, 'SIGINT');
  expect(await isRunning({ pid, marker: '/data/of/our/server' })).toBe(false);
});

test('a process whose pid was never stored is found by its program and its folder, and no other program is', async () => {
  const marker = `/data/of/our/server/${process.pid}`;
  const pid = await idle(marker);
  expect(await identify({ program: basename(process.execPath), marker })).toEqual({ pid, marker });
  expect(await identify({ program: 'java', marker })).toBeUndefined();
});
