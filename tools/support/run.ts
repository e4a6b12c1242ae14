import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The package's folder, with a trailing separator. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const OUTPUT_BYTES = 64 * 1024 * 1024;

export interface Ran {
  /** Null when the program could not be started or was ended by a signal. */
  readonly status: number | null;
  readonly out: string;
}

/** Runs a program to its end and keeps what it printed (stdout and stderr together). Never throws for a failing program. */
export function run(program: string, args: readonly string[], cwd: string = ROOT): Ran {
  const done = spawnSync(program, args, { cwd, encoding: 'utf8', maxBuffer: OUTPUT_BYTES });
  return { status: done.status, out: `${done.stdout ?? ''}${done.stderr ?? ''}` };
}

/** The same without waiting, for checks that run beside each other. stderr goes through, so that stdout can be parsed. */
export function start(program: string, args: readonly string[], cwd: string): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.on('error', reject);
    child.on('close', (status) => {
      resolve({ status, out });
    });
  });
}
