import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { MmmError } from '../../errors.ts';
import { pidExists } from './process-identity.ts';

const POLL_MS = 100;
/** A cold start downloads some 200 MB; a second caller waits for the first one this long. */
const WAIT_MS = 600_000;

const holderOf = async (file: string): Promise<number | undefined> => {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : Number(text);
};

/** Moves a dead holder's lock away. Renamed first, so that of two that found it dead only one removes it and none removes a new lock. */
const removeStale = async (file: string, deadHolder: number): Promise<void> => {
  const aside = `${file}.${randomUUID()}`;
  const moved = await rename(file, aside).then(
    () => true,
    () => false,
  );
  if (!moved) return;
  // A third process took the lock in between: it gets its lock back, unless yet another holds one by now.
  if ((await holderOf(aside)) !== deadHolder) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
};

/**
 * Runs `work` while holding the folder's lock file, so that two starts, or a start and a stop, never interleave. The lock of a
 * process that is gone is taken over. The lock is made complete by `link`, so no one reads it empty.
 */
export const withFolderLock = async <T>(folder: string, work: () => Promise<T>): Promise<T> => {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'lock');
  const mine = join(folder, `lock.${randomUUID()}`);
  await writeFile(mine, String(process.pid));
  try {
    const end = performance.now() + WAIT_MS;
    for (;;) {
      const taken = await link(mine, file).then(
        () => true,
        () => false,
      );
      if (taken) break;
      const holder = await holderOf(file);
      if (holder !== undefined && !(await pidExists(holder))) await removeStale(file, holder);
      else if (performance.now() > end)
        throw new MmmError('DATA_FOLDER_IN_USE', `${folder} is held by process ${holder ?? 'unknown'}`);
      else await delay(POLL_MS);
    }
    try {
      return await work();
    } finally {
      await rm(file, { force: true });
    }
  } finally {
    await rm(mine, { force: true });
  }
};
