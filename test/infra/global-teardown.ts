import { removeRun, runFolder } from './run-folder.ts';

/** Stops everything the run started; data goes, and the server logs stay only after a failure. */
// eslint-disable-next-line no-restricted-syntax -- Jest takes this only as a default export.
export default async function globalTeardown(): Promise<void> {
  await removeRun(runFolder(process.pid));
}
