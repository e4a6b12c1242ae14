import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { STACK_PARTS } from './stack.ts';

const part = z.enum(STACK_PARTS);

const shape = z.object({
  version: z.literal(1),
  provider: z.enum(['process', 'docker']),
  /** Kept over a stop, so that a later start has the same addresses. */
  ports: z.record(z.string(), z.number().int()),
  passwords: z.record(z.string(), z.string()),
  /** PostgreSQL's files when they can not lie in the data folder (see postgres-place.ts). */
  postgresPlace: z.string().optional(),
  processes: z.partialRecord(
    part,
    z.object({ pid: z.number().int(), marker: z.string(), stopSignal: z.enum(['SIGTERM', 'SIGINT']) }),
  ),
  containers: z.partialRecord(part, z.string()),
  env: z.record(z.string(), z.string()),
});

/** What another process needs to find, use or stop a stack: pids, ports, passwords. Mode 0600. */
export type StackState = z.infer<typeof shape>;

const FILE = 'stack.json';

export const emptyState = (provider: StackState['provider']): StackState => ({
  version: 1,
  provider,
  ports: {},
  passwords: {},
  processes: {},
  containers: {},
  env: {},
});

/** The stored state; undefined when there is none. A damaged file throws: guessing could leave processes behind. */
export const readState = async (dataDir: string): Promise<StackState | undefined> => {
  const text = await readFile(join(dataDir, FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : shape.parse(JSON.parse(text));
};

/** Written aside and renamed: a reader or a crash never meets half a file. */
export const writeState = async (dataDir: string, state: StackState): Promise<void> => {
  await mkdir(dataDir, { recursive: true });
  const aside = join(dataDir, `${FILE}.${randomUUID()}`);
  await writeFile(aside, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  await rename(aside, join(dataDir, FILE));
};
