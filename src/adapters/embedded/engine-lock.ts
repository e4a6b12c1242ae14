import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MmmError } from '../../errors.ts';
import { startedAt } from './process-identity.ts';

const FILE = 'engine.lock';
/** Each round removes one dead holder; more than a few means that others keep winning. */
const ROUNDS = 5;

interface Holder {
  readonly pid: number;
  readonly started: string | null;
}

const parse = (text: string): Holder | null => {
  try {
    const { pid, started } = JSON.parse(text) as Partial<Holder>;
    return typeof pid === 'number' ? { pid, started: started ?? null } : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};

const lives = async (holder: Holder): Promise<boolean> => {
  const started = await startedAt(holder.pid);
  return started !== null && started === holder.started;
};

const readHolder = async (file: string): Promise<Holder | null> =>
  parse(
    await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? '' : Promise.reject(error),
    ),
  );

/**
 * One data folder, one engine (interface 1). The lock of a process that is gone is taken over; a number used again by another process is
 * told apart by its start time. Resolves with the way to give it back. Throws DATA_FOLDER_IN_USE.
 */
export const lockDataFolder = async (dataDir: string): Promise<() => Promise<void>> => {
  await mkdir(dataDir, { recursive: true });
  const file = join(dataDir, FILE);
  const mine = join(dataDir, `${FILE}.${randomUUID()}`);
  await writeFile(mine, JSON.stringify({ pid: process.pid, started: await startedAt(process.pid) }));
  try {
    for (let round = 0; round < ROUNDS; round++) {
      // link fails if the name is there, and makes the file complete at once: nobody reads it half written.
      const taken = await link(mine, file).then(
        () => true,
        (error: NodeJS.ErrnoException) => (error.code === 'EEXIST' ? false : Promise.reject(error)),
      );
      if (taken) return async () => await rm(file, { force: true });
      const holder = await readHolder(file);
      if (holder !== null && (await lives(holder))) {
        throw new MmmError('DATA_FOLDER_IN_USE', `process ${holder.pid} runs on ${dataDir}`, {
          details: { pid: holder.pid },
        });
      }
      await removeStale(file, holder);
    }
    throw new MmmError('DATA_FOLDER_IN_USE', `others start on ${dataDir} at the same time`);
  } finally {
    await rm(mine, { force: true });
  }
};

/** Moved aside before it is deleted, and looked at again: another starter may have replaced it since it was read. */
const removeStale = async (file: string, seen: Holder | null): Promise<void> => {
  const aside = `${file}.${randomUUID()}`;
  const moved = await rename(file, aside).then(
    () => true,
    (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? false : Promise.reject(error)),
  );
  if (!moved) return;
  const holder = await readHolder(aside);
  const another = holder !== null && (holder.pid !== seen?.pid || holder.started !== seen.started);
  // If a third took the name in this moment, its lock stands and the one moved aside is told DATA_FOLDER_IN_USE by PostgreSQL's own lock.
  if (another) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
};

/** True while another process holds the lock of this folder: an engine, or a command that started the database for itself. */
export const engineRunsOn = async (dataDir: string): Promise<boolean> => {
  const holder = await readHolder(join(dataDir, FILE));
  return holder !== null && holder.pid !== process.pid && (await lives(holder));
};
