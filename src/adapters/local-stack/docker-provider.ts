import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { MmmError } from '../../errors.ts';
import { containerClient } from './docker-containers.ts';
import { DockerPart } from './docker-part.ts';
import { withFolderLock } from './folder-lock.ts';
import type { ServerContext } from './server-command.ts';
import { allocatePorts, SERVER_KINDS } from './server-kinds.ts';
import type { StackOptions, StackProvider } from './stack.ts';
import { joinEnv, wantedParts } from './stack.ts';
import { emptyState, readState, writeState } from './state-file.ts';

/** The same four servers from public images, through testcontainers. Readiness, database and addresses are those of the process provider. */
export const dockerProvider: StackProvider = {
  name: 'docker',
  start: async (options: StackOptions) => {
    const dataDir = resolve(options.dataDir);
    // Asked first: a missing daemon is one clear line before anything is written.
    await containerClient();
    await mkdir(dataDir, { recursive: true });
    return await withFolderLock(dataDir, async () => {
      const state = (await readState(dataDir)) ?? emptyState('docker');
      if (Object.keys(state.processes).length > 0) {
        throw new MmmError(
          'DATA_FOLDER_IN_USE',
          `${dataDir} has a stack of local processes; stop it first: mmm stack down --data ${dataDir}`,
        );
      }
      const context: ServerContext = {
        dataDir,
        cacheDir: dataDir,
        state: { ...state, provider: 'docker' },
        log: options.log,
      };
      const parts = wantedParts(options).map((part) => new DockerPart(part, context));
      for (const { part } of parts) {
        if (context.state.containers[part] === undefined) await allocatePorts(context, SERVER_KINDS[part]);
      }
      const results = await Promise.allSettled(parts.map(async (part) => await part.start()));
      const failed = results.find((result) => result.status === 'rejected');
      if (failed !== undefined) {
        await Promise.all(parts.map(async (part) => await part.kill()));
        throw failed.reason;
      }
      const env = joinEnv(parts.map(({ part }) => SERVER_KINDS[part].env(context)));
      context.state.env = { ...context.state.env, ...env };
      writeState(dataDir, context.state);
      const all = async (change: (part: DockerPart) => Promise<void>): Promise<void> => {
        await Promise.all(parts.map(change));
      };
      return {
        provider: 'docker',
        env,
        parts: Object.fromEntries(parts.map((part) => [part.part, part])),
        stop: async () => await all(async (part) => await part.stop()),
        kill: async () => await all(async (part) => await part.kill()),
      };
    });
  },
};
