import { and, asc, eq, sql } from 'drizzle-orm';
import { canonicalJson } from '../../domain/receipt/canonical-json.ts';
import type { Experiment, ExperimentStatus } from '../../domain/experiment/experiment.ts';
import { parseExperiment } from '../../domain/experiment/parse-experiment.ts';
import type { ArmCount } from '../../domain/experiment/sample-ratio.ts';
import { MmmError } from '../../errors.ts';
import type { Database } from './database.ts';
import { serverError } from './database-errors.ts';
import { alone, invalidate, record } from './definition-write.ts';
import { experiments } from './schema.ts';
import { sqlFile } from './sql-file.ts';
import { asTenant, type TenantTx } from './tenant-transaction.ts';

export interface ExperimentOnFile {
  readonly experiment: Experiment;
  readonly document: unknown;
  readonly status: ExperimentStatus;
  /** Since when units are assigned by the weights as they are. */
  readonly countsSince: Date;
}

/** From which status a step is possible. `hold` is the ratio check's; only a person leads out of it. */
const STEPS: Readonly<Record<'active' | 'hold' | 'inactive', readonly ExperimentStatus[]>> = {
  active: ['draft', 'inactive', 'hold'],
  hold: ['active'],
  inactive: ['active', 'hold'],
};

const onFile = (row: { config: unknown; status: ExperimentStatus; countsSince: Date }): ExperimentOnFile => {
  const parsed = parseExperiment(row.config);
  if (!parsed.ok) throw new MmmError('EXPERIMENT_INVALID', `stored: ${JSON.stringify(parsed.findings)}`);
  return {
    experiment: parsed.experiment,
    document: row.config,
    status: row.status,
    countsSince: row.countsSince,
  };
};

/** All but name and weights: what may not change under the feet of those who are in it. */
const designOf = ({ id, playbookId, unit, arms }: Experiment): string =>
  canonicalJson({ id, playbookId, unit, arms: arms.map(({ name, version }) => ({ name, version })) });

/** Experiments of tenants. Each write is idempotent, audited and told to all processes. Role mmm_api. */
export class Experiments {
  readonly #api: Database;

  constructor(api: Database) {
    this.#api = api;
  }

  /** By id. */
  async list(tenantId: string): Promise<readonly ExperimentOnFile[]> {
    return await asTenant(this.#api, tenantId, async (tx) => {
      const rows = await tx
        .select()
        .from(experiments)
        .where(eq(experiments.tenantId, tenantId))
        .orderBy(asc(experiments.experimentId));
      return rows.map(onFile);
    });
  }

  /**
   * Writes a new one as draft, or changes it. Of one that runs only name and weights may change. Throws CONFLICT. `reweighted`: the counting of units
   * begins anew.
   */
  async put(
    tenantId: string,
    document: unknown,
    experiment: Experiment,
    who: string,
  ): Promise<'new' | 'changed' | 'same'> {
    return await asTenant(this.#api, tenantId, async (tx) => {
      await alone(tx, tenantId);
      const held = await this.#find(tx, tenantId, experiment.id);
      if (held === null) {
        await tx.insert(experiments).values({
          tenantId,
          experimentId: experiment.id,
          name: experiment.name,
          status: 'draft',
          config: document,
        });
      } else {
        if (canonicalJson(held.document) === canonicalJson(document)) return 'same';
        const runs = held.status === 'active' || held.status === 'hold';
        if (runs && designOf(held.experiment) !== designOf(experiment))
          throw new MmmError(
            'CONFLICT',
            `${experiment.id} is ${held.status}: only its name and weights can change; deactivate it first, or write another`,
          );
        await tx
          .update(experiments)
          .set({ name: experiment.name, config: document, updatedAt: sql`now()`, countsSince: sql`now()` })
          .where(this.#is(tenantId, experiment.id));
      }
      await record(tx, tenantId, who, {
        what: 'experiment_changed',
        subject: experiment.id,
        details: { document: document },
      });
      await invalidate(tx, tenantId);
      return held === null ? 'new' : 'changed';
    });
  }

  /** Throws RESOURCE_NOT_FOUND, CONFLICT. False: it stood there already. */
  async move(
    tenantId: string,
    id: string,
    to: 'active' | 'hold' | 'inactive',
    who: string,
    details: Readonly<Record<string, unknown>> = {},
  ): Promise<boolean> {
    return await asTenant(this.#api, tenantId, async (tx) => {
      await alone(tx, tenantId);
      const held = await this.#find(tx, tenantId, id);
      if (held === null) throw new MmmError('RESOURCE_NOT_FOUND', `there is no experiment ${id}`);
      if (held.status === to) return false;
      if (!STEPS[to].includes(held.status))
        throw new MmmError('CONFLICT', `${id} is ${held.status}, not ${STEPS[to].join(' or ')}`);
      await this.#write(tx, tenantId, id, to);
      await record(tx, tenantId, who, {
        what: `experiment_${to}`,
        subject: id,
        details: { from: held.status, ...details },
      });
      await invalidate(tx, tenantId);
      return true;
    });
  }

  /** Distinct units per arm since the weights are as they are. */
  async units(tenantId: string, { experiment, countsSince }: ExperimentOnFile): Promise<readonly ArmCount[]> {
    return await this.#api.transaction(async (tx) => {
      await tx.query(`SELECT set_config('mmm.tenant', $1, true)`, [tenantId]);
      return await tx.query<ArmCount>(sqlFile('experiment-units'), [tenantId, experiment.id, countsSince]);
    });
  }

  async #write(tx: TenantTx, tenantId: string, id: string, status: ExperimentStatus): Promise<void> {
    try {
      await tx
        .update(experiments)
        .set({ status, updatedAt: sql`now()`, ...(status === 'active' ? { countsSince: sql`now()` } : {}) })
        .where(this.#is(tenantId, id));
    } catch (error) {
      if (
        serverError(error instanceof Error ? (error.cause ?? error) : error)?.constraint !==
        'mmm_experiments_one_running'
      )
        throw error;
      throw new MmmError('CONFLICT', `another experiment of the playbook runs; deactivate it before ${id}`);
    }
  }

  async #find(tx: TenantTx, tenantId: string, id: string): Promise<ExperimentOnFile | null> {
    const [row] = await tx.select().from(experiments).where(this.#is(tenantId, id)).for('update');
    return row === undefined ? null : onFile(row);
  }

  #is(tenantId: string, id: string) {
    return and(eq(experiments.tenantId, tenantId), eq(experiments.experimentId, id));
  }
}

/** Tenants whose experiments the ratio check has to look at. As role mmm_pipeline, which sees all tenants. */
export const tenantsWithActiveExperiments = async (pipeline: Database): Promise<readonly string[]> =>
  (
    await pipeline.query<{ tenant_id: string }>(
      `SELECT DISTINCT tenant_id FROM mmm_experiments WHERE status = 'active'`,
    )
  ).map((row) => row.tenant_id);
