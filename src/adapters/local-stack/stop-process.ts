import { setTimeout as delay } from 'node:timers/promises';
import { MmmError } from '../../errors.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { childrenOf, isRunning } from './process-identity.ts';

/** A foreign process gives no exit event, so its end is polled for. */
const POLL_MS = 20;
/** A broker with open transactions took up to 4 s for its controlled shutdown; twice that, then SIGKILL. */
const GRACE_MS = 10_000;
/** After SIGKILL only the kernel is in the way. */
const KILL_WAIT_MS = 10_000;

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It ended between the check and the signal: what was wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

const gone = async (identity: ProcessIdentity, withinMs: number): Promise<boolean> => {
  const end = performance.now() + withinMs;
  while (await isRunning(identity)) {
    if (performance.now() > end) return false;
    await delay(POLL_MS);
  }
  return true;
};

/** SIGKILL, children awaited too: PostgreSQL's backends outlive their killed parent for a moment and hold its shared memory. */
export const killProcess = async (identity: ProcessIdentity): Promise<void> => {
  if (!(await isRunning(identity))) return;
  const family = [identity, ...(await childrenOf(identity.pid))];
  signal(identity.pid, 'SIGKILL');
  const ended = await Promise.all(family.map(async (member) => await gone(member, KILL_WAIT_MS)));
  if (ended.includes(false))
    throw new MmmError('INTERNAL_ERROR', `process ${identity.pid} or a child of it does not end`);
};

/** The clean signal, then SIGKILL after the grace time. Only a process whose command line carries the marker is signalled. */
export const stopProcess = async (identity: ProcessIdentity, stopSignal: NodeJS.Signals): Promise<void> => {
  if (!(await isRunning(identity))) return;
  signal(identity.pid, stopSignal);
  if (!(await gone(identity, GRACE_MS))) await killProcess(identity);
};
