import { mkdir, writeFile } from 'node:fs/promises';
import { passedMarker, runFolder } from './run-folder.ts';

/** Jest tells its teardown nothing about the results; this leaves a mark when every test passed, so that logs are kept otherwise. */
// eslint-disable-next-line no-restricted-syntax -- Jest takes this only as a default export.
export default class OutcomeReporter {
  async onRunComplete(_contexts: unknown, results: { success: boolean; numTotalTests: number }): Promise<void> {
    if (!results.success || results.numTotalTests === 0) return;
    await mkdir(runFolder(process.pid), { recursive: true });
    await writeFile(passedMarker(runFolder(process.pid)), '');
  }
}
