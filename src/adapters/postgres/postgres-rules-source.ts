import type { PlaybookVersion } from '../../domain/compile-rules.ts';
import type { StoredExperiment } from '../../domain/experiment/running.ts';
import type { TenantRules } from '../../domain/rules.ts';
import type { Clock } from '../../pipeline/ports/clock.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import type { RulesSource } from '../../pipeline/ports/rules-source.ts';
import { RecentMap } from '../../pipeline/recent-map.ts';
import type { Database } from './database.ts';
import { sqlFile } from './sql-file.ts';

/** A NOTIFY comes at once; this is for the one that was lost. */
const REFRESH_MS = 60_000;
/** A tenant may be made at any moment, and this bounds what signals of unknown tenants can ask of the database. */
const UNKNOWN_MS = 5_000;
/** Compiled rules of a large tenant are some MB; the least recently used tenant goes first. */
const MAX_TENANTS = 1_000;

/** What is stored of a tenant, as `compileRules` takes it. */
export interface StoredRules {
  readonly policy: unknown;
  readonly policyVersion: number;
  readonly playbooks: readonly PlaybookVersion[];
  readonly experiments: readonly StoredExperiment[];
}

interface StoredPlaybook {
  readonly document: unknown;
  readonly version: number;
  readonly status: 'published' | 'shadow';
  readonly onProbation: boolean;
}

const versionOf = ({ document, version, status, onProbation }: StoredPlaybook): PlaybookVersion => ({
  document,
  version,
  onProbation,
  ...(status === 'shadow' ? { mode: 'shadow' } : {}),
});

/** Null: the policy can not be used, so nothing is permitted (G6). The caller logs and counts what was skipped. */
export type CompileRules = (tenantId: string, stored: StoredRules) => TenantRules | null;

interface Held {
  readonly rules: TenantRules | null;
  readonly loadedAt: number;
}

export interface PostgresRulesSourceDeps {
  /** As role mmm_pipeline. */
  readonly database: Database;
  readonly compile: CompileRules;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly logger: Logger;
}

/**
 * Rules of tenants from PostgreSQL, compiled once per change. What is past its time is answered while it is loaded anew, except an
 * invalidation by NOTIFY: then the next reader waits for the new rules, so that a withdrawn playbook is not used again.
 */
export class PostgresRulesSource implements RulesSource {
  readonly #deps: PostgresRulesSourceDeps;
  /** In order of use, least recent first. */
  readonly #held = new RecentMap<string, Held>(MAX_TENANTS);
  readonly #loading = new Map<string, Promise<TenantRules | null>>();
  /** Counts invalidations: a load that began before one must not be kept. */
  #generation = 0;
  #stop: () => void = () => undefined;

  constructor(deps: PostgresRulesSourceDeps) {
    this.#deps = deps;
  }

  /** Begins to listen for changes. */
  start(): void {
    this.#stop = this.#deps.database.listen('mmm_rules', (tenantId) => this.#invalidate(tenantId));
  }

  stop(): void {
    this.#stop();
  }

  current(tenantId: string): TenantRules | null | undefined {
    const held = this.#held.get(tenantId);
    if (held === undefined) return undefined;
    const age = this.#deps.clock.monotonicMs() - held.loadedAt;
    if (held.rules === null && age >= UNKNOWN_MS) return undefined;
    this.#held.set(tenantId, held);
    if (age >= REFRESH_MS) this.#refresh(tenantId);
    return held.rules;
  }

  /** One statement however many ask at once. Throws DATABASE_UNAVAILABLE. */
  async load(tenantId: string): Promise<TenantRules | null> {
    const running = this.#loading.get(tenantId);
    if (running !== undefined) return await running;
    const load = this.#load(tenantId).finally(() => {
      if (this.#loading.get(tenantId) === load) this.#loading.delete(tenantId);
    });
    this.#loading.set(tenantId, load);
    return await load;
  }

  async #load(tenantId: string): Promise<TenantRules | null> {
    for (;;) {
      const generation = this.#generation;
      const rows = await this.#deps.database.query<{
        version: number;
        document: unknown;
        playbooks: readonly StoredPlaybook[];
        experiments: StoredRules['experiments'];
      }>(sqlFile('rules'), [tenantId]);
      if (generation !== this.#generation) continue;
      const row = rows[0];
      const rules =
        row === undefined
          ? null
          : this.#deps.compile(tenantId, {
              policy: row.document,
              policyVersion: row.version,
              playbooks: row.playbooks.map(versionOf),
              experiments: row.experiments,
            });
      this.#held.set(tenantId, { rules, loadedAt: this.#deps.clock.monotonicMs() });
      return rules;
    }
  }

  #refresh(tenantId: string): void {
    if (this.#loading.has(tenantId)) return;
    this.load(tenantId).catch((error: unknown) => {
      // The old rules stay in use: they are what the tenant last said, and the next use tries again.
      this.#deps.logger.warn('rules_refresh_failed', { error });
    });
  }

  /** Null: notifications may have been missed, so everything may have changed. */
  #invalidate(tenantId: string | null): void {
    this.#generation += 1;
    if (tenantId === null) this.#held.clear();
    else this.#held.delete(tenantId);
  }
}
