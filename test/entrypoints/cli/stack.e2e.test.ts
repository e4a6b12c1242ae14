import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect } from '@jest/globals';
import { identify, pidExists } from '../../../src/adapters/local-stack/process-identity.ts';
import { removeStack } from '../../../src/adapters/local-stack/stop-stack.ts';
import { uniqueName } from '../../infra/stack.ts';
import { testWithJava as test } from '../../infra/test-with-java.ts';

const TIMEOUT_MS = 180_000;
const PROGRAM = fileURLToPath(new URL('./stack-program.ts', import.meta.url));
const data = join(process.env['MMM_TEST_RUN_FOLDER'] ?? '.local/test-stack/manual', uniqueName('cli'));

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const stack = async (...args: string[]): Promise<Answer> =>
  await promisify(execFile)(process.execPath, [PROGRAM, 'stack', ...args]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: Answer) => error,
  );

const pidsOf = (answer: Answer): number[] =>
  Object.values((JSON.parse(answer.stdout) as { pids: Record<string, number> }).pids);

afterAll(async () => await removeStack(data), TIMEOUT_MS);

test(
  'wrong use is exit code 2, an absent stack 1',
  async () => {
    expect((await stack('up', '--provider', 'magic')).code).toBe(2);
    expect((await stack('sideways')).code).toBe(2);
    const env = await stack('env', '--data', data);
    expect(env.code).toBe(1);
    expect(env.stdout).toBe('');
    expect(env.stderr).toContain('STACK_NOT_RUNNING');
    expect(await stack('down', '--data', data)).toMatchObject({ code: 0, stdout: 'No stack was running.\n' });
  },
  TIMEOUT_MS,
);

test(
  'up starts in the background and twice is once; env is what a shell can read; down ends it',
  async () => {
    const up = await stack('up', '--data', data, '--json');
    expect(up).toMatchObject({ code: 0 });
    const pids = pidsOf(up);
    expect(await Promise.all(pids.map(pidExists))).toEqual([true, true, true, true]);
    expect(pidsOf(await stack('up', '--data', data, '--json'))).toEqual(pids);

    const env = JSON.parse((await stack('env', '--data', data, '--json')).stdout) as Record<string, string>;
    const script = `set -a; . <("$1" "$2" stack env --data "$3"); set +a; printf '%s|%s' "$MMM_BACKEND" "$DATABASE_URL"`;
    const shell = await promisify(execFile)('bash', ['-c', script, 'bash', process.execPath, PROGRAM, data]);
    expect(shell.stdout).toBe(`distributed|${env['DATABASE_URL'] ?? ''}`);

    expect(JSON.parse((await stack('down', '--data', data, '--json')).stdout)).toMatchObject({ stopped: 4 });
    expect(await Promise.all(pids.map(pidExists))).toEqual([false, false, false, false]);
  },
  TIMEOUT_MS,
);

test(
  'what a starter killed in the middle of up has left is found and stopped by down',
  async () => {
    const starter = spawn(process.execPath, [PROGRAM, 'stack', 'up', '--data', data], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    // Redis is up first, while the Java servers still start: their pids must be known already.
    await once(starter.stderr, 'data');
    starter.kill('SIGKILL');
    await once(starter, 'exit');
    const state = JSON.parse(await readFile(join(data, 'stack.json'), 'utf8')) as {
      processes: Record<string, { pid: number }>;
    };
    const pids = Object.values(state.processes).map(({ pid }) => pid);
    expect(pids.length).toBeGreaterThan(0);
    expect((await stack('down', '--data', data)).code).toBe(0);
    expect(await Promise.all(pids.map(pidExists))).not.toContain(true);
    // Also what the state file might not know.
    const programs = ['java', 'redis-server', 'postgres'];
    const left = await Promise.all(programs.map(async (program) => await identify({ program, marker: data })));
    expect(left).toEqual([undefined, undefined, undefined]);
  },
  TIMEOUT_MS,
);
