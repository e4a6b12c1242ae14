import type { Queryable } from './database.ts';
import { sqlFile } from './sql-file.ts';

const BATCH_ROWS = 2_000;

const inBatches = async (database: Queryable, statement: string): Promise<number> => {
  let total = 0;
  let deleted: number;
  do {
    deleted = (await database.query<{ n: number }>(sqlFile(statement), [BATCH_ROWS]))[0]?.n ?? 0;
    total += deleted;
  } while (deleted === BATCH_ROWS);
  return total;
};

/** Journal rows after 30 days. Batches, so that no lock and no transaction is long. As role mmm_pipeline; to be called every hour or so. */
export const purgeJournal = async (database: Queryable): Promise<number> => await inBatches(database, 'purge-journal');

/** Decisions with their actions after 90 days, none under legal hold; outcomes are not touched (C-25, D-97). */
export const purgeDecisions = async (database: Queryable): Promise<number> =>
  await inBatches(database, 'purge-decisions');

/** Deferrals that wait no more, after as long as the journal keeps their entries. */
export const purgeDeferrals = async (database: Queryable): Promise<number> =>
  await inBatches(database, 'purge-deferrals');

/** What is open no more, and what ended so long ago that no event that comes late can ask for it. */
export const purgeEndings = async (database: Queryable): Promise<number> => await inBatches(database, 'purge-endings');

/** Outcomes after 365 days, none under legal hold. */
export const purgeOutcomes = async (database: Queryable): Promise<number> =>
  await inBatches(database, 'purge-outcomes');
