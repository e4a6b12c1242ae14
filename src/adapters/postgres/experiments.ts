import { asc, eq } from 'drizzle-orm';
import type { Experiment, ExperimentStatus } from '../../domain/experiment/experiment.ts';
import { parseExperiment } from '../../domain/experiment/parse-experiment.ts';
import type { ArmCount } from '../../domain/experiment/sample-ratio.ts';
import { MmmError } from '../../errors.ts';
import type { Database } from './database.ts';
import { experiments } from './schema.ts';
import { sqlFile } from './sql-file.ts';
import { asTenant } from './tenant-transaction.ts';

export interface ExperimentOnFile {
  readonly experiment: Experiment;
  readonly document: unknown;
  readonly status: ExperimentStatus;
  /** Since when units are assigned by the weights as they are. */
  readonly countsSince: Date;
}

/** As this release reads the row. Throws EXPERIMENT_INVALID. */
export const experimentOnFile = (row: {
  config: unknown;
  status: ExperimentStatus;
  countsSince: Date;
}): ExperimentOnFile => {
  const parsed = parseExperiment(row.config);
  if (!parsed.ok) throw new MmmError('EXPERIMENT_INVALID', `stored: ${JSON.stringify(parsed.findings)}`);
  return {
    experiment: parsed.experiment,
    document: row.config,
    status: row.status,
    countsSince: row.countsSince,
  };
};

/** Experiments of tenants as they stand; experiment-changes.ts writes them. Role mmm_api. */
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
      return rows.map(experimentOnFile);
    });
  }

  /** Distinct units per arm since the weights are as they are. */
  async units(tenantId: string, { experiment, countsSince }: ExperimentOnFile): Promise<readonly ArmCount[]> {
    return await this.#api.transaction(async (tx) => {
      await tx.query(`SELECT set_config('mmm.tenant', $1, true)`, [tenantId]);
      return await tx.query<ArmCount>(sqlFile('experiment-units'), [tenantId, experiment.id, countsSince]);
    });
  }
}

/** Tenants whose experiments the ratio check has to look at. As role mmm_pipeline, which sees all tenants. */
export const tenantsWithActiveExperiments = async (pipeline: Database): Promise<readonly string[]> =>
  (
    await pipeline.query<{ tenant_id: string }>(
      `SELECT DISTINCT tenant_id FROM mmm_experiments WHERE status = 'active'`,
    )
  ).map((row) => row.tenant_id);
