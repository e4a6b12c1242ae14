import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What tells one process from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Text that the command line must contain: the data folder of the server. A recycled pid of something else is never signalled. */
  readonly marker: string;
}

/** Command line of a process; undefined when there is none (gone, or a zombie, whose command line is empty). */
const commandLine = async (pid: number): Promise<string | undefined> => {
  if (process.platform === 'linux') {
    const raw = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return raw === '' ? undefined : raw.replaceAll('\0', ' ');
  }
  const answer = await run('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  const line = answer.stdout.trim();
  return line === '' || line.includes('<defunct>') ? undefined : line;
};

/** True while this very process runs. */
export const isRunning = async (identity: ProcessIdentity): Promise<boolean> =>
  (await commandLine(identity.pid))?.includes(identity.marker) ?? false;

/** True while any process has this number. */
export const pidExists = async (pid: number): Promise<boolean> => (await commandLine(pid)) !== undefined;

/** Every process of this machine that may be seen. */
const allPids = async (): Promise<number[]> => {
  const names =
    process.platform === 'linux'
      ? await readdir('/proc')
      : (await run('ps', ['-A', '-o', 'pid='])).stdout.split('\n').map((line) => line.trim());
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
};

/**
 * Completes a stored identity. Without a pid (its starter was killed while spawning it) the process is looked for: it runs `program`
 * (a file name) with the marker on its command line; an editor on a file of that folder is not it. Undefined when there is none.
 */
export const identify = async (stored: {
  readonly pid?: number | undefined;
  readonly program: string;
  readonly marker: string;
}): Promise<ProcessIdentity | undefined> => {
  if (stored.pid !== undefined) return { pid: stored.pid, marker: stored.marker };
  for (const pid of await allPids()) {
    const line = (await commandLine(pid)) ?? '';
    if (basename(line.split(' ')[0] ?? '') === stored.program && line.includes(stored.marker))
      return { pid, marker: stored.marker };
  }
  return undefined;
};

/** Direct children, recognised by the program's name: the rest of their title changes with what they do. */
export const childrenOf = async (pid: number): Promise<ProcessIdentity[]> => {
  const pids: number[] = [];
  if (process.platform === 'linux') {
    for (const task of await readdir(`/proc/${pid}/task`).catch(() => [])) {
      const text = await readFile(`/proc/${pid}/task/${task}/children`, 'utf8').catch(() => '');
      pids.push(...text.split(' ').filter(Boolean).map(Number));
    }
  } else {
    const answer = await run('pgrep', ['-P', String(pid)]).catch(() => ({ stdout: '' }));
    pids.push(...answer.stdout.split('\n').filter(Boolean).map(Number));
  }
  const lines = await Promise.all(pids.map(async (child) => ({ pid: child, marker: await commandLine(child) })));
  return lines.flatMap((line) =>
    line.marker === undefined ? [] : [{ pid: line.pid, marker: line.marker.split(/[ :]/)[0] ?? '' }],
  );
};
