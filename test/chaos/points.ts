import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Moments in the work of a worker at which it can be told to end or to stop, in the order in which a signal passes them. */
export const POINTS = {
  'before-append': 'intake has read records, mmm.signals has not got them',
  'after-append': 'mmm.signals has got them, their offset is not committed',
  'after-open-shard': 'the epoch is raised, the producer not yet fenced',
  'after-fence': 'the producer is fenced, nothing is published',
  'after-read': 'states are read and not yet used',
  'before-commit': 'decided, PostgreSQL has seen nothing of it',
  'after-commit': 'PostgreSQL has committed, Kafka has seen nothing of it',
  'after-send': 'the records are in the transaction, the offsets are not',
  'after-offsets': 'the offsets are in the transaction, it is not committed',
  'after-end': 'the transaction is committed, nothing in this process knows it yet',
  'before-published': 'published, and PostgreSQL not told so',
  'after-published': 'published_upto is raised',
} as const;
export type Point = keyof typeof POINTS;
export const POINT_NAMES = Object.keys(POINTS) as Point[];

const takenOf = (folder: string, point: Point): string => join(folder, `${point}.taken`);

/** For the tool: the first worker that comes to the point gets the signal. */
export const order = (folder: string, point: Point, signal: NodeJS.Signals): void => {
  rmSync(takenOf(folder, point), { force: true });
  writeFileSync(join(folder, point), signal);
};

/** For the tool: the process id of the worker that took the order; null: nobody yet. */
export const takenBy = (folder: string, point: Point): number | null => {
  const file = takenOf(folder, point);
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return text === '' ? null : Number(text);
};

/** For the worker: renaming is what makes one of several take it. */
export const arrive = (folder: string, point: Point): void => {
  const file = join(folder, point);
  if (!existsSync(file)) return;
  const mine = join(folder, `${point}.${process.pid}`);
  try {
    renameSync(file, mine);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const signal = readFileSync(mine, 'utf8') as NodeJS.Signals;
  writeFileSync(takenOf(folder, point), String(process.pid));
  process.kill(process.pid, signal);
};
