import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { removeContainers, runningContainers, stopContainer } from './docker-containers.ts';
import { withFolderLock } from './folder-lock.ts';
import type { StackEnv } from './stack.ts';
import { STACK_PARTS } from './stack.ts';
import type { ServerProcess, StackState } from './state-file.ts';
import { readState, writeState } from './state-file.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { identify, isRunning } from './process-identity.ts';
import { killProcess, stopProcess } from './stop-process.ts';

type Running = ProcessIdentity & Pick<ServerProcess, 'stopSignal'>;

const runningProcesses = async (state: StackState): Promise<Running[]> => {
  const stored = STACK_PARTS.flatMap((part) => state.processes[part] ?? []);
  const found = await Promise.all(
    stored.map(async (one) => {
      const known = await identify(one);
      return known !== undefined && (await isRunning(known)) ? [{ ...known, stopSignal: one.stopSignal }] : [];
    }),
  );
  return found.flat();
};

/**
 * Stops the stack of a data folder, also one that another process started, and one whose starter was killed. Data, ports and
 * passwords stay for the next start. Resolves with the number of parts that were running. A process that only has the number of
 * one of ours is left alone.
 */
export const stopStack = async (dataDir: string, how: 'clean' | 'kill' = 'clean'): Promise<number> => {
  const folder = resolve(dataDir);
  if ((await readState(folder)) === undefined) return 0;
  return await withFolderLock(folder, async () => {
    const state = await readState(folder);
    if (state === undefined) return 0;
    const processes = await runningProcesses(state);
    await Promise.all(
      processes.map(
        async (known) => await (how === 'kill' ? killProcess(known) : stopProcess(known, known.stopSignal)),
      ),
    );
    const stopped = await Promise.all(Object.values(state.containers).map(async (id) => await stopContainer(id, how)));
    writeState(folder, { ...state, processes: {} });
    return processes.length + stopped.filter(Boolean).length;
  });
};

/** Kills the stack of a data folder and deletes its data, containers and what lies outside the folder included. Logs go too. */
export const removeStack = async (dataDir: string): Promise<void> => {
  const folder = resolve(dataDir);
  await stopStack(folder, 'kill');
  const state = await readState(folder);
  const containers = Object.values(state?.containers ?? {});
  if (containers.length > 0) await removeContainers(containers);
  if (state?.postgresPlace !== undefined) await rm(state.postgresPlace, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
};

/** Addresses of a stack that was started on this folder and has a part running now; undefined when none runs. */
export const stackEnv = async (dataDir: string): Promise<StackEnv | undefined> => {
  const state = await readState(resolve(dataDir));
  if (state === undefined) return undefined;
  if ((await runningProcesses(state)).length > 0) return state.env;
  const containers = Object.values(state.containers);
  return containers.length > 0 && (await runningContainers(containers)) > 0 ? state.env : undefined;
};
