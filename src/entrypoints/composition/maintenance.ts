import { shardRows } from '../../adapters/postgres/operations.ts';
import { JudgingProbation } from '../../adapters/postgres/postgres-probation.ts';
import {
  purgeDecisions,
  purgeDeferrals,
  purgeEndings,
  purgeJournal,
  purgeOutcomes,
} from '../../adapters/postgres/retention.ts';
import { judgePlaybooks } from '../../admin/commands/judge-playbooks.ts';
import { unpublishedRows } from '../../admin/queries/judge-shard.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import type { Metrics } from '../../pipeline/ports/metrics.ts';
import type { ChangingStore } from './changing-store.ts';
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

/** Does the work again and again until the answer is called. */
export type Repeat = (everyMs: number, work: () => Promise<unknown>) => () => void;

const repeatWith =
  (logger: Logger): Repeat =>
  (everyMs, work) => {
    const timer = setInterval(() => {
      work().catch((error: unknown) => logger.warn('maintenance_failed', { error }));
    }, everyMs).unref();
    return () => clearInterval(timer);
  };

/** What has outlived its time, of all tenants, in each table that grows. */
const purge = async ({ pipeline }: Pick<Store, 'pipeline'>, logger: Logger): Promise<void> => {
  const journal = await purgeJournal(pipeline);
  const decisions = await purgeDecisions(pipeline);
  const deferrals = await purgeDeferrals(pipeline);
  const endings = await purgeEndings(pipeline);
  const outcomes = await purgeOutcomes(pipeline);
  logger.info('retention', { journal, decisions, deferrals, endings, outcomes });
};

const judge = async (store: ChangingStore, logger: Logger): Promise<void> => {
  for (const { tenantId, playbookId, version } of await judgePlaybooks(new JudgingProbation(store)))
    logger.warn('playbook_on_probation', { tenant_id: tenantId, playbook_id: playbookId, version });
};

/** Gauges, retention and judgement in the background until stopped. A failure is told and tried again next time; it never ends the engine. */
export const keepMaintained = (
  log: Pick<EngineLog, 'reportLag' | 'maintain'>,
  store: ChangingStore,
  metrics: Metrics,
  logger: Logger,
  repeat: Repeat = repeatWith(logger),
): (() => void) => {
  const running = [
    repeat(GAUGES_EVERY_MS, () => reportGauges(log, store, metrics)),
    repeat(LOG_EVERY_MS, () => log.maintain()),
    repeat(STORE_EVERY_MS, () => purge(store, logger)),
    repeat(STORE_EVERY_MS, () => checkAllExperiments(store, logger)),
    repeat(STORE_EVERY_MS, () => judge(store, logger)),
  ];
  return () => running.forEach((stop) => stop());
};
