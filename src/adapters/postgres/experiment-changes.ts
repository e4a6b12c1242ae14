import { and, eq, sql } from 'drizzle-orm';
import { type ConfigEventType, type ConfigState, NOT_THERE } from '../../admin/ports/config-change.ts';
import type { Experiment, ExperimentStatus } from '../../domain/experiment/experiment.ts';
import { canonicalJson } from '../../domain/receipt/canonical-json.ts';
import { MmmError } from '../../errors.ts';
import { serverError } from './database-errors.ts';
import { alone, type DefinitionWriter, digestOf, invalidate, record } from './definition-write.ts';
import { type ExperimentOnFile, experimentOnFile } from './experiments.ts';
import { experiments } from './schema.ts';
import { asTenant, type TenantTx } from './tenant-transaction.ts';

type Moved = 'active' | 'hold' | 'inactive';

/** From which status a step is possible. `hold` is the ratio check's; only a person leads out of it. */
const STEPS: Readonly<Record<Moved, readonly ExperimentStatus[]>> = {
  active: ['draft', 'inactive', 'hold'],
  hold: ['active'],
  inactive: ['active', 'hold'],
};

const MOVED: Readonly<Record<Moved, ConfigEventType>> = {
  active: 'experiment.activated',
  hold: 'experiment.held',
  inactive: 'experiment.deactivated',
};

/** All but name and weights: what may not change under the feet of those who are in it. */
const designOf = ({ id, playbookId, unit, arms }: Experiment): string =>
  canonicalJson({ id, playbookId, unit, arms: arms.map(({ name, version }) => ({ name, version })) });

const stateOf = ({ document, status }: ExperimentOnFile): ConfigState => ({
  version: null,
  digest: digestOf(document),
  status,
});

/** Changes of experiments. Each is idempotent, audited, told to all processes and to `mmm.admin_config`. Role mmm_api. */
export class ExperimentChanges {
  readonly #writer: DefinitionWriter;

  constructor(writer: DefinitionWriter) {
    this.#writer = writer;
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
    return await asTenant(this.#writer.api, tenantId, async (tx) => {
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
      const status = held?.status ?? 'draft';
      await record(tx, this.#writer, {
        ...{ tenantId, who, id: experiment.id, type: 'experiment.applied', what: 'experiment_changed' },
        before: held === null ? NOT_THERE : stateOf(held),
        after: { version: null, digest: digestOf(document), status },
        details: { document },
      });
      await invalidate(tx, tenantId);
      return held === null ? 'new' : 'changed';
    });
  }

  /** Throws RESOURCE_NOT_FOUND, CONFLICT. False: it stood there already. */
  async move(
    tenantId: string,
    id: string,
    to: Moved,
    who: string,
    details: Readonly<Record<string, unknown>> = {},
  ): Promise<boolean> {
    return await asTenant(this.#writer.api, tenantId, async (tx) => {
      await alone(tx, tenantId);
      const held = await this.#find(tx, tenantId, id);
      if (held === null) throw new MmmError('RESOURCE_NOT_FOUND', `there is no experiment ${id}`);
      if (held.status === to) return false;
      if (!STEPS[to].includes(held.status))
        throw new MmmError('CONFLICT', `${id} is ${held.status}, not ${STEPS[to].join(' or ')}`);
      await this.#write(tx, tenantId, id, to);
      await record(tx, this.#writer, {
        ...{ tenantId, who, id, type: MOVED[to], what: `experiment_${to}` },
        before: stateOf(held),
        after: { ...stateOf(held), status: to },
        details: { from: held.status, ...details },
      });
      await invalidate(tx, tenantId);
      return true;
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
    return row === undefined ? null : experimentOnFile(row);
  }

  #is(tenantId: string, id: string) {
    return and(eq(experiments.tenantId, tenantId), eq(experiments.experimentId, id));
  }
}
