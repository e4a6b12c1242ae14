import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { StackEnv } from '../../src/adapters/local-stack/stack.ts';
import { startStack } from '../../src/adapters/local-stack/start-stack.ts';
import { removeLeftovers, removeRun, runFolder } from './run-folder.ts';
import { startAnyhow } from './start-anyhow.ts';

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
  const options = { dataDir: join(folder, 'shared'), log };
  const stack = isExternal
    ? await startStack({ ...options, provider: 'external', external })
    : await startAnyhow(options);
  Object.assign(process.env, stack.env);
}
