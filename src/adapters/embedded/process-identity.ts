import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Command line of a running process; null when there is none (gone, or a zombie, whose command line is empty). */
export const commandLineOf = async (pid: number): Promise<string | null> => {
  if (process.platform === 'linux') {
    const raw = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return raw === '' ? null : raw.replaceAll('\0', ' ').trim();
  }
  const answer = await run('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  const line = answer.stdout.trim();
  return line === '' || line.includes('<defunct>') ? null : line;
};

/** When a process started, in the words of the system: with its number it names one process for ever, also after the number is used again. */
export const startedAt = async (pid: number): Promise<string | null> => {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    // The name in brackets may hold anything; the start time is the 20th field after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  }
  const answer = await run('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return answer.stdout.trim() || null;
};
