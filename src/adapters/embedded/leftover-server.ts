import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MmmError } from '../../errors.ts';
import { commandLineOf } from './process-identity.ts';

/** A process that is not our child gives no exit event, so its end is polled for. */
const POLL_MS = 20;
const FAST_STOP_MS = 3_000;
const IMMEDIATE_STOP_MS = 5_000;

/** What PostgreSQL writes to postmaster.pid: pid in the first line, port in the fourth. Null without a server on these files. */
export const serverOn = async (data: string): Promise<{ readonly pid: number; readonly port: number } | null> => {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  if (!Number.isInteger(pid) || pid <= 0 || !Number.isInteger(port)) return null;
  // The number may be another process's by now: only one whose command line names our files is ours to use or to stop.
  const line = await commandLineOf(pid);
  return line !== null && line.includes(data) ? { pid, port } : null;
};

const send = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It ended in between: what was wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

/** Processes attached to the server's shared memory (line 7 of postmaster.pid), as Linux tells it; 0 where it does not. */
const attached = async (pidFile: string): Promise<number> => {
  const id = pidFile.split('\n')[6]?.trim().split(/\s+/)[1];
  const segments = await readFile('/proc/sysvipc/shm', 'utf8').catch(() => '');
  const fields = segments
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find((segment) => segment[1] === id);
  return id === undefined || fields === undefined ? 0 : Number(fields[6]);
};

const isZombie = async (pid: number): Promise<boolean> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
};

/**
 * A server that was killed: its backends leave within moments and hold its memory until then. In a container whose first process reaps no
 * children the dead server stays as a zombie, which PostgreSQL takes for a living one: its pid file is removed, once nobody uses its memory.
 */
const clearKilled = async (data: string): Promise<void> => {
  const file = join(data, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => '');
  if (text === '') return;
  const end = performance.now() + IMMEDIATE_STOP_MS;
  while ((await attached(text)) > 0) {
    if (performance.now() > end)
      throw new MmmError('DATA_FOLDER_IN_USE', `processes of a killed PostgreSQL still use ${data}`);
    await delay(POLL_MS);
  }
  if (await isZombie(Number(text.split('\n')[0]))) await rm(file, { force: true });
};

const stopped = async (pid: number, withinMs: number): Promise<boolean> => {
  const end = performance.now() + withinMs;
  while ((await commandLineOf(pid)) !== null) {
    if (performance.now() > end) return false;
    await delay(POLL_MS);
  }
  return true;
};

/** Stops the server that a killed engine left behind: fast shut-down first, then immediate (its write-ahead log makes that safe). */
export const stopLeftover = async (data: string): Promise<void> => {
  const server = await serverOn(data);
  if (server !== null) {
    send(server.pid, 'SIGINT');
    if (!(await stopped(server.pid, FAST_STOP_MS))) {
      send(server.pid, 'SIGQUIT');
      if (!(await stopped(server.pid, IMMEDIATE_STOP_MS))) {
        throw new MmmError('DATA_FOLDER_IN_USE', `the PostgreSQL left behind on ${data} does not stop`);
      }
    }
  }
  await clearKilled(data);
};
