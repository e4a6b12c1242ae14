import { randomUUID } from 'node:crypto';
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MmmError } from '../../errors.ts';
import { runProgram } from './run-program.ts';
import type { StackLog } from './stack.ts';

const exists = async (path: string): Promise<boolean> =>
  await access(path).then(
    () => true,
    () => false,
  );

/** One Maven at a time in this process: two share plug-in downloads in the local repository. */
let lastRun: Promise<unknown> = Promise.resolve();

/** `cwd` is thrown away afterwards: `unpack` leaves marker files below it, and with those would skip the same work the next time. */
const runMaven = async (what: string, args: readonly string[], cwd: string): Promise<void> => {
  // Once more after a failure: another Maven process on this machine may have been writing the same local repository.
  let result = await runProgram('mvn', ['-q', '-B', ...args], { cwd });
  if (result.exitCode !== 0 && result.exitCode !== -1) result = await runProgram('mvn', ['-q', '-B', ...args], { cwd });
  if (result.exitCode === -1) {
    throw new MmmError(
      'PREREQUISITE_MISSING',
      `Maven (mvn) is not installed; it fetches ${what}. Install Maven 3.6 or later (Debian: apt-get install maven), or use Docker: --provider docker`,
    );
  }
  if (result.exitCode !== 0) {
    const tail = result.output.trim().split('\n').slice(-6).join('\n');
    throw new MmmError('STACK_START_FAILED', `Maven could not fetch ${what}: ${tail}`);
  }
};

/**
 * The cache folder `<cacheDir>/<name>`, filled by Maven when it is not there. Filled aside and renamed when complete: a killed
 * download leaves no half folder under the final name, and of two processes that race one wins and the other uses its result.
 * `args` gets the folder to fill.
 */
export const mavenCache = async (
  cacheDir: string,
  name: string,
  args: (target: string) => readonly string[],
  log: StackLog,
): Promise<string> => {
  const folder = join(cacheDir, name);
  const fill = async (): Promise<void> => {
    if (await exists(folder)) return;
    log(`fetching ${name} with Maven`);
    await mkdir(cacheDir, { recursive: true });
    const work = join(cacheDir, `${name}.${randomUUID()}.part`);
    const aside = join(work, 'content');
    await mkdir(aside, { recursive: true });
    try {
      await runMaven(name, args(aside), work);
      if ((await readdir(aside)).length === 0)
        throw new MmmError('STACK_START_FAILED', `Maven fetched nothing for ${name}`);
      await rename(aside, folder).catch(async (error: unknown) => {
        if (!(await exists(folder))) throw error;
      });
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  };
  const turn = lastRun.then(fill);
  lastRun = turn.catch(() => undefined);
  await turn;
  return folder;
};
