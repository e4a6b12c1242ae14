import { shardRows } from '../../adapters/postgres/operations.ts';
import { PostgresProbation } from '../../adapters/postgres/postgres-probation.ts';
import { purgeDecisions, purgeDeferrals, purgeEndings, purgeJournal } from '../../adapters/postgres/retention.ts';
import { judgePlaybooks } from '../../admin/commands/judge-playbooks.ts';
import { unpublishedRows } from '../../admin/queries/judge-shard.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import type { Metrics } from '../../pipeline/ports/metrics.ts';
import type { EngineLog } from './engine-log.ts';
import { checkAllExperiments } from './experiment-set.ts';
import type { Store } from './store.ts';

/** The usual interval of a scraper: more often would be read by nobody. */
const GAUGES_EVERY_MS = 15_000;
const LOG_EVERY_MS = 60_000;
/** R-108 wants retention daily; hourly keeps each run short. Votes come by the day, so an hour more of a poor playbook is little. */
const STORE_EVERY_MS = 3_600_000;

/** What only the stores know: rows that wait to be published, of the whole installation, and how far the groups are behind. */
export const reportGauges = async (
  log: Pick<EngineLog, 'reportLag'>,
  store: Pick<Store, 'pipeline'>,
  metrics: Metrics,
): Promise<void> => {
  metrics.gauge('mmm_outbox_unpublished', Number(unpublishedRows(await shardRows(store.pipeline))));
  await log.reportLag();
};

/** Gauges and retention in the background until stopped. A failure is told and tried again next time; it never ends the engine. */
export const keepMaintained = (log: EngineLog, store: Store, metrics: Metrics, logger: Logger): (() => void) => {
  const every = (ms: number, work: () => Promise<unknown>): NodeJS.Timeout =>
    setInterval(() => {
      work().catch((error: unknown) => logger.warn('maintenance_failed', { error }));
    }, ms).unref();
  const purge = async (): Promise<void> => {
    const journal = await purgeJournal(store.pipeline);
    const decisions = await purgeDecisions(store.pipeline);
    const deferrals = await purgeDeferrals(store.pipeline);
    const endings = await purgeEndings(store.pipeline);
    logger.info('retention', { journal, decisions, deferrals, endings });
  };
  const judge = async (): Promise<void> => {
    for (const { tenantId, playbookId, version } of await judgePlaybooks(new PostgresProbation(store)))
      logger.warn('playbook_on_probation', { tenant_id: tenantId, playbook_id: playbookId, version });
  };
  const timers = [
    every(GAUGES_EVERY_MS, () => reportGauges(log, store, metrics)),
    every(LOG_EVERY_MS, () => log.maintain()),
    every(STORE_EVERY_MS, purge),
    every(STORE_EVERY_MS, () => checkAllExperiments(store, logger)),
    every(STORE_EVERY_MS, judge),
  ];
  return () => timers.forEach((timer) => clearInterval(timer));
};
