import type { ContextEvent } from '../../domain/context/context-event.ts';
import { INCIDENT_STALE_MS, RELEASE_STALE_MS } from '../../domain/context/context-facts.ts';
import { foldContext, type TenantContext } from '../../domain/context/tenant-context.ts';
import type { Clock } from '../../pipeline/ports/clock.ts';
import type { ContextSource } from '../../pipeline/ports/context-source.ts';
import { RecentMap } from '../../pipeline/recent-map.ts';
import type { Database } from './database.ts';
import { sqlFile } from './sql-file.ts';

/** Past it the next reader waits for what is true now: nobody is told on the word of an older context. */
const FRESH_MS = 30_000;
/** Nothing older can still be open. */
export const CONTEXT_HORIZON_MS = Math.max(INCIDENT_STALE_MS, RELEASE_STALE_MS);
/** Some 700 a day for a week, far above any tenant's incidents and releases of one day; of more the newest count. */
export const CONTEXT_EVENTS_MAX = 5_000;
const MAX_TENANTS = 1_000;

interface Held {
  readonly context: TenantContext;
  readonly loadedAt: number;
}

/** The context of tenants from the journal, where their incident and release signals are, whoever decided them. As role mmm_pipeline. */
export class PostgresContextSource implements ContextSource {
  readonly #database: Database;
  readonly #clock: Clock;
  /** In order of use, least recent first. */
  readonly #held = new RecentMap<string, Held>(MAX_TENANTS);
  readonly #loading = new Map<string, Promise<TenantContext>>();

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  current(tenantId: string): TenantContext | undefined {
    const held = this.#held.get(tenantId);
    if (held === undefined || this.#clock.monotonicMs() - held.loadedAt >= FRESH_MS) return undefined;
    this.#held.set(tenantId, held);
    return held.context;
  }

  /** One statement however many ask at once. Throws DATABASE_UNAVAILABLE. */
  async load(tenantId: string): Promise<TenantContext> {
    const running = this.#loading.get(tenantId);
    if (running !== undefined) return await running;
    const load = this.#load(tenantId).finally(() => this.#loading.delete(tenantId));
    this.#loading.set(tenantId, load);
    return await load;
  }

  async #load(tenantId: string): Promise<TenantContext> {
    // As old as its question, not as its answer.
    const loadedAt = this.#clock.monotonicMs();
    const rows = await this.#database.query<{ at_ms: string; facts: { x: ContextEvent } }>(sqlFile('context'), [
      tenantId,
      this.#clock.now() - CONTEXT_HORIZON_MS,
      CONTEXT_EVENTS_MAX,
    ]);
    const context = foldContext(rows.map(({ at_ms, facts }) => ({ atMs: Number(at_ms), event: facts.x })));
    this.#held.set(tenantId, { context, loadedAt });
    return context;
  }
}
