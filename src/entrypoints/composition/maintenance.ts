import { purgeDecisions, purgeJournal } from '../../adapters/postgres/retention.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import type { EngineLog } from './engine-log.ts';
import type { Store } from './store.ts';

const LOG_EVERY_MS = 60_000;
/** R-108 wants it daily; hourly keeps each run short. */
const STORE_EVERY_MS = 3_600_000;

/** Retention and lag gauges in the background until stopped. A failure is told and tried again next time; it never ends the engine. */
export const keepMaintained = (log: EngineLog, store: Store, logger: Logger): (() => void) => {
  const every = (ms: number, work: () => Promise<unknown>): NodeJS.Timeout =>
    setInterval(() => {
      work().catch((error: unknown) => logger.warn('maintenance_failed', { error }));
    }, ms).unref();
  const purge = async (): Promise<void> => {
    const journal = await purgeJournal(store.pipeline);
    const decisions = await purgeDecisions(store.pipeline);
    logger.info('retention', { journal, decisions });
  };
  const timers = [every(LOG_EVERY_MS, () => log.maintain()), every(STORE_EVERY_MS, purge)];
  return () => timers.forEach((timer) => clearInterval(timer));
};
