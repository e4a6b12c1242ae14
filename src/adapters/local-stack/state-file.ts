import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { STACK_PARTS } from './stack.ts';

const part = z.enum(STACK_PARTS);

/** Stored before the process is spawned, then again with its pid: a starter that is killed in between loses no process. */
const serverProcess = z.object({
  pid: z.number().int().optional(),
  /** File name of the program and a text only our process has on its command line. */
  program: z.string(),
  marker: z.string(),
  stopSignal: z.enum(['SIGTERM', 'SIGINT']),
});

export type ServerProcess = z.infer<typeof serverProcess>;

const shape = z.object({
  version: z.literal(1),
  provider: z.enum(['process', 'docker']),
  /** Kept over a stop, so that a later start has the same addresses. */
  ports: z.record(z.string(), z.number().int()),
  passwords: z.record(z.string(), z.string()),
  /** PostgreSQL's files when they can not lie in the data folder (see postgres-place.ts). */
  postgresPlace: z.string().optional(),
  processes: z.partialRecord(part, serverProcess),
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

/**
 * Written aside and renamed: a reader or a crash never meets half a file. Synchronous: two writes of parts that start side by side
 * could otherwise land in the wrong order, and a process id be lost.
 */
export const writeState = (dataDir: string, state: StackState): void => {
  mkdirSync(dataDir, { recursive: true });
  const aside = join(dataDir, `${FILE}.${randomUUID()}`);
  writeFileSync(aside, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(aside, join(dataDir, FILE));
};
