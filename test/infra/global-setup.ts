import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunningStack, StackEnv, StackProviderName } from '../../src/adapters/local-stack/stack.ts';
import { startStack } from '../../src/adapters/local-stack/start-stack.ts';
import { MmmError } from '../../src/errors.ts';
import { removeLeftovers, removeRun, runFolder } from './run-folder.ts';

const NAMES = ['KAFKA_BOOTSTRAP_SERVERS', 'SCHEMA_REGISTRY_URL', 'REDIS_URL', 'DATABASE_URL'] as const;
const SIGNAL_EXIT_CODE = 130;

const given = (): StackEnv =>
  Object.fromEntries(
    NAMES.flatMap((name) => {
      const value = process.env[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );

/** Jest ends on a signal without its teardown; detached servers would stay. A second signal is not swallowed. */
const cleanUpOnSignal = (folder: string): void => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void removeRun(folder).finally(() => process.exit(SIGNAL_EXIT_CODE));
    });
  }
};

/** Local processes; Docker where Java or Maven is missing. Without either the first error is the one to read. */
const startAnyhow = async (start: (provider: StackProviderName) => Promise<RunningStack>): Promise<RunningStack> => {
  try {
    return await start('process');
  } catch (error) {
    if (!(error instanceof MmmError) || error.code !== 'PREREQUISITE_MISSING') throw error;
    return await start('docker').catch((second: unknown) => {
      throw second instanceof MmmError && second.code === 'PREREQUISITE_MISSING' ? error : second;
    });
  }
};

/**
 * Starts the real servers once per run and hands their addresses to the suites through the environment. With all four addresses
 * set already, those servers are used and nothing is started.
 */
// eslint-disable-next-line no-restricted-syntax -- Jest takes this only as a default export.
export default async function globalSetup(): Promise<void> {
  const folder = runFolder(process.pid);
  await removeLeftovers();
  await mkdir(folder, { recursive: true });
  process.env['MMM_TEST_RUN_FOLDER'] = folder;
  cleanUpOnSignal(folder);
  const external = given();
  const isExternal = NAMES.every((name) => external[name] !== undefined);
  const log = (line: string): void => void process.stderr.write(`stack: ${line}\n`);
  const start = async (provider: StackProviderName): Promise<RunningStack> =>
    await startStack({ provider, dataDir: join(folder, 'shared'), log, external });
  const stack = isExternal ? await start('external') : await startAnyhow(start);
  Object.assign(process.env, stack.env);
}
