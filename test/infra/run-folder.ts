import { access, cp, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pidExists } from '../../src/adapters/local-stack/process-identity.ts';
import { removeStack } from '../../src/adapters/local-stack/stop-stack.ts';

/** One folder per test run, named by the run's process id. */
const ROOT = fileURLToPath(new URL('../../.local/test-stack', import.meta.url));
/** Logs of the last run that failed. */
const KEPT_LOGS = join(ROOT, 'last-failure');

export const runFolder = (pid: number): string => join(ROOT, String(pid));

/** File that the reporter leaves when every test passed. */
export const passedMarker = (folder: string): string => join(folder, 'passed');

const exists = async (path: string): Promise<boolean> =>
  await access(path).then(
    () => true,
    () => false,
  );

/** Every stack of a run: the shared one in `shared`, private ones beside it. */
const stacksOf = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
};

const keepLogs = async (stack: string): Promise<void> => {
  const logs = join(stack, 'logs');
  if (!(await exists(logs))) return;
  const target = join(KEPT_LOGS, stack.slice(ROOT.length + 1).replaceAll('/', '-'));
  await mkdir(KEPT_LOGS, { recursive: true });
  await cp(logs, target, { recursive: true });
};

/** Kills the stacks of a run and removes its data. The server logs of a run that did not pass stay under `last-failure`. */
export const removeRun = async (folder: string): Promise<void> => {
  const passed = await exists(passedMarker(folder));
  const stacks = await stacksOf(folder);
  if (!passed && stacks.length > 0) await rm(KEPT_LOGS, { recursive: true, force: true });
  for (const stack of stacks) {
    if (!passed) await keepLogs(stack);
    await removeStack(stack);
  }
  await rm(folder, { recursive: true, force: true });
};

/** Stops what killed runs left behind: folders whose process is gone. */
export const removeLeftovers = async (): Promise<void> => {
  for (const name of await readdir(ROOT).catch(() => [])) {
    const pid = Number(name);
    if (Number.isInteger(pid) && pid !== process.pid && !(await pidExists(pid))) await removeRun(join(ROOT, name));
  }
};
