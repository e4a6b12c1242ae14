import { openEngineLog } from '../../../src/entrypoints/composition/engine-log.ts';
import { ROLES } from '../../../src/entrypoints/composition/engine.ts';
import { serve } from '../../../src/entrypoints/serve.ts';
import { loadConfig } from '../../../src/runtime/config.ts';

/** The engine as a program whose log takes records and never answers, from the n-th time it writes to `mmm.signals` on. */
let left = Number(process.argv[2]);

const io = { out: (): void => undefined, err: (): void => undefined, json: false };
process.exitCode = await serve(loadConfig(), new Set(ROLES), io, async (deps) => {
  const log = await openEngineLog(deps);
  return {
    ...log,
    writer: {
      append: async (records) => {
        await log.writer.append(records);
        if (--left > 0) return;
        deps.logger.info('hangs');
        await new Promise<never>(() => undefined);
      },
      close: () => log.writer.close(),
    },
  };
});
