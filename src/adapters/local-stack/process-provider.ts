import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MmmError } from '../../errors.ts';
import { withFolderLock } from './folder-lock.ts';
import { LocalServer } from './local-server.ts';
import type { ServerContext } from './server-command.ts';
import { allocatePorts, SERVER_KINDS } from './server-kinds.ts';
import type { RunningStack, StackEnv, StackOptions, StackProvider } from './stack.ts';
import { joinEnv, wantedParts } from './stack.ts';
import { emptyState, readState, writeState } from './state-file.ts';

/** One cache for all stacks of this checkout; ignored by git. */
const PROJECT_CACHE = fileURLToPath(new URL('../../../.local/cache', import.meta.url));

/** All servers side by side; when one fails, those started here are stopped again before its error goes on. */
const startAll = async (servers: readonly LocalServer[]): Promise<void> => {
  const results = await Promise.allSettled(servers.map(async (server) => await server.start()));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed === undefined) return;
  await Promise.all(servers.map(async (server) => await server.kill()));
  throw failed.reason;
};

const runningStack = (servers: readonly LocalServer[], env: StackEnv): RunningStack => ({
  provider: 'process',
  env,
  parts: Object.fromEntries(servers.map((server) => [server.part, server])),
  stop: async () => {
    await Promise.all(servers.map(async (server) => await server.stop()));
  },
  kill: async () => {
    await Promise.all(servers.map(async (server) => await server.kill()));
  },
});

/** Real servers as processes of this machine: Java, Maven and npm are all it needs, no root and no Docker. */
export const processProvider: StackProvider = {
  name: 'process',
  start: async (options: StackOptions) => {
    const dataDir = resolve(options.dataDir);
    await mkdir(dataDir, { recursive: true });
    return await withFolderLock(dataDir, async () => {
      const state = (await readState(dataDir)) ?? emptyState('process');
      if (Object.keys(state.containers).length > 0) {
        throw new MmmError(
          'DATA_FOLDER_IN_USE',
          `${dataDir} belongs to a stack in Docker; give another folder: --data`,
        );
      }
      const context: ServerContext = {
        dataDir,
        cacheDir: resolve(options.cacheDir ?? PROJECT_CACHE),
        state,
        log: options.log,
        ...(options.kafka === undefined ? {} : { kafka: options.kafka }),
      };
      const servers = wantedParts(options).map((part) => new LocalServer(SERVER_KINDS[part], context));
      const toStart: LocalServer[] = [];
      for (const server of servers) {
        if (await server.answers()) continue;
        // A leftover that runs but does not answer frees its ports first.
        await server.kill();
        await allocatePorts(context, SERVER_KINDS[server.part]);
        toStart.push(server);
      }
      writeState(dataDir, state);
      await startAll(toStart);
      const env = joinEnv(servers.map((server) => SERVER_KINDS[server.part].env(context)));
      state.env = { ...state.env, ...env };
      writeState(dataDir, state);
      return runningStack(servers, env);
    });
  },
};
