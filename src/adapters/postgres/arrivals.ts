import type { Database } from './database.ts';
import { sqlFile } from './sql-file.ts';

/** What was seen since a moment. */
export interface Seen {
  readonly signals: number;
  /** How many people they came from. */
  readonly actors: number;
  /** Null: nothing is recorded at all. */
  readonly sinceMs: number | null;
}

interface SeenRow {
  readonly signals: number;
  readonly actors: number;
  readonly since_ms: string | null;
}

/** Enough for a rate; a larger tenant's decisions of a month would take a command minutes to read. */
const SAMPLE_DECISIONS = 5_000;

const ask = async (api: Database, tenantId: string, name: string, values: readonly unknown[]): Promise<Seen> =>
  await api.transaction(async (tx) => {
    await tx.query(`SELECT set_config('mmm.tenant', $1, true)`, [tenantId]);
    const [row] = await tx.query<SeenRow>(sqlFile(name), [tenantId, ...values]);
    const sinceMs = row?.since_ms ?? null;
    return { signals: row?.signals ?? 0, actors: row?.actors ?? 0, sinceMs: sinceMs === null ? null : Number(sinceMs) };
  });

/** Signals in the journal (30 days) of these event types, exact or with a trailing `*`. As role mmm_api. */
export const journalArrivals = async (
  api: Database,
  tenantId: string,
  fromMs: number,
  patterns: readonly string[],
): Promise<Seen> => {
  const exact = patterns.filter((pattern) => !pattern.endsWith('*'));
  const prefixes = patterns.filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1));
  return await ask(api, tenantId, 'journal-arrivals', [fromMs, exact, prefixes]);
};

/** Decisions in which this version was triggered and met its condition, by the traces of the newest decisions. As role mmm_api. */
export const producedArrivals = async (
  api: Database,
  tenantId: string,
  fromMs: number,
  playbookId: string,
  version: number,
): Promise<Seen> =>
  await ask(api, tenantId, 'produced-arrivals', [new Date(fromMs), playbookId, version, SAMPLE_DECISIONS]);
