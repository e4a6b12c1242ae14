import { openEngineLog } from '../../../src/entrypoints/composition/engine-log.ts';
import { ROLES } from '../../../src/entrypoints/composition/engine.ts';
import { serve } from '../../../src/entrypoints/serve.ts';
import type { RecordWriter } from '../../../src/pipeline/ports/intake.ts';
import type { SessionOutput, SessionOutputs } from '../../../src/pipeline/ports/partitions.ts';
import { loadConfig } from '../../../src/runtime/config.ts';

/**
 * The engine as a program that signals itself at one point: `<point> <n> [signal]`, the n-th time it gets there, SIGKILL if not said otherwise.
 *   before-publish   PostgreSQL has committed, Kafka has seen nothing of it
 *   after-publish    the Kafka transaction is committed, nothing in this process knows it yet
 *   after-append     intake has written to mmm.signals and mmm.dlq, its offset is not committed
 */
const [point, times, signal = 'SIGKILL'] = process.argv.slice(2);
let left = Number(times);

const here = (name: string): void => {
  if (name === point && --left === 0) process.kill(process.pid, signal);
};

const watchedOutput = (output: SessionOutput): SessionOutput => ({
  fence: () => output.fence(),
  discard: () => output.discard(),
  publish: async (publication) => {
    const isWork = publication.records.length > 0;
    if (isWork) here('before-publish');
    await output.publish(publication);
    if (isWork) here('after-publish');
  },
});

const watchedOutputs = (outputs: SessionOutputs): SessionOutputs => ({
  open: async (partition) => watchedOutput(await outputs.open(partition)),
});

const watchedWriter = (writer: RecordWriter): RecordWriter => ({
  append: async (records) => {
    await writer.append(records);
    here('after-append');
  },
  close: () => writer.close(),
});

const io = { out: (): void => undefined, err: (): void => undefined, json: false };
process.exitCode = await serve(loadConfig(), new Set(ROLES), io, async (deps) => {
  const log = await openEngineLog(deps);
  return { ...log, outputs: watchedOutputs(log.outputs), writer: watchedWriter(log.writer) };
});
