import { SILENT_LOGGER } from '../../../src/entrypoints/cli/silent-logger.ts';
import { openCommandLog } from '../../../src/entrypoints/composition/command-log.ts';
import { openReplayReading } from '../../../src/entrypoints/composition/replay-reading.ts';
import { runSendingPlan } from '../../../src/entrypoints/composition/replay-sending.ts';
import type { SessionOutput } from '../../../src/pipeline/ports/partitions.ts';
import { loadConfig } from '../../../src/runtime/config.ts';

/**
 * The run of a replay plan as a program that kills itself: `<tenant> <plan> <point> <n>`, the n-th time it gets there.
 *   before-publish   what the batch would add is noted, the log has seen nothing of it
 *   after-publish    the transaction is committed, nothing in this process knows it yet
 */
const [tenantId = '', planId = '', point, times] = process.argv.slice(2);
let left = Number(times);

const here = (name: string): void => {
  if (name === point && --left === 0) process.kill(process.pid, 'SIGKILL');
};

const watched = (output: SessionOutput): SessionOutput => ({
  fence: () => output.fence(),
  discard: () => output.discard(),
  publish: async (publication) => {
    here('before-publish');
    await output.publish(publication);
    here('after-publish');
  },
});

const config = loadConfig();
const reading = await openReplayReading(config, SILENT_LOGGER);
const { signal } = new AbortController();
await runSendingPlan(
  reading,
  config,
  { tenantId, planId, by: 'test' },
  { logger: SILENT_LOGGER, signal, onProgress: () => undefined },
  async (...given) => {
    const log = await openCommandLog(...given);
    return { ...log, replayOutput: async (tenant, plan) => watched(await log.replayOutput(tenant, plan)) };
  },
);
await reading.close();
