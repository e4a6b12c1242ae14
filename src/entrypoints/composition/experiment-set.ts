import { readExperimentFiles } from '../../adapters/files/experiment-files.ts';
import { DefinitionReader, type StoredPlaybook } from '../../adapters/postgres/definition-reader.ts';
import {
  type ExperimentOnFile,
  Experiments,
  tenantsWithActiveExperiments,
} from '../../adapters/postgres/experiments.ts';
import { ExperimentChanges } from '../../adapters/postgres/experiment-changes.ts';
import { ShadowVersions } from '../../adapters/postgres/shadow-versions.ts';
import { createCelCompiler } from '../../adapters/cel/cel-compiler.ts';
import { armFaults, type StoredVersion } from '../../domain/experiment/arm-faults.ts';
import type { Experiment } from '../../domain/experiment/experiment.ts';
import { checkSampleRatio, RATIO_P_MIN, type RatioCheck } from '../../domain/experiment/sample-ratio.ts';
import type { Finding } from '../../domain/playbook/finding.ts';
import { lintPlaybook } from '../../domain/playbook/lint-playbook.ts';
import { parsePlaybook } from '../../domain/playbook/parse-playbook.ts';
import { MmmError } from '../../errors.ts';
import { EVENT_TYPES } from '../../generated/event-types.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import type { ChangingStore } from './changing-store.ts';
import type { Store } from './store.ts';

const wordsOf = (findings: readonly Finding[]): string =>
  findings.map(({ path, message, remedy }) => `${path === '' ? 'the file' : path}: ${message}; ${remedy}`).join('\n');

const assertTenant = async (store: Store, tenantId: string): Promise<void> => {
  if ((await new DefinitionReader(store.api).policy(tenantId)) !== null) return;
  throw new MmmError('RESOURCE_NOT_FOUND', `there is no tenant ${tenantId}; create it first: mmm tenants apply`);
};

const tierOf = (document: unknown): string =>
  typeof document === 'object' && document !== null && 'tier' in document ? String(document.tier) : 'normal';

const versionOf = ({ version, status, document }: StoredPlaybook): StoredVersion => ({
  version,
  status,
  tier: tierOf(document),
});

/** What the stored versions of its playbook do not bear. */
const faultsOf = async (store: Store, tenantId: string, experiment: Experiment): Promise<readonly Finding[]> => {
  const stored = await new DefinitionReader(store.api).playbooks(tenantId);
  return armFaults(experiment, stored.filter(({ playbookId }) => playbookId === experiment.playbookId).map(versionOf));
};

const refuse = (experiment: Experiment, findings: readonly Finding[]): void => {
  if (findings.length > 0) throw new MmmError('EXPERIMENT_INVALID', `${experiment.id}: ${wordsOf(findings)}`);
};

export interface AppliedExperiment {
  readonly experiment: string;
  readonly changed: 'new' | 'changed' | 'same';
}

/** Writes the experiments of a file or folder, new ones as drafts. All are checked before one is written. Throws EXPERIMENT_INVALID, CONFLICT. */
export const applyExperiments = async (
  store: ChangingStore,
  tenantId: string,
  path: string,
  who: string,
): Promise<readonly AppliedExperiment[]> => {
  await assertTenant(store, tenantId);
  const files = await readExperimentFiles(path);
  const read = files.flatMap((file) => {
    if (file.ok) return [file];
    throw new MmmError('EXPERIMENT_INVALID', `${file.file}: ${wordsOf(file.findings)}`);
  });
  return await putExperiments(store, tenantId, read, who);
};

/** The same for experiments that were read already. */
export const putExperiments = async (
  store: ChangingStore,
  tenantId: string,
  read: readonly { readonly document: unknown; readonly experiment: Experiment }[],
  who: string,
): Promise<readonly AppliedExperiment[]> => {
  for (const { experiment } of read) refuse(experiment, await faultsOf(store, tenantId, experiment));
  const experiments = new ExperimentChanges(store);
  const applied: AppliedExperiment[] = [];
  for (const { document, experiment } of read) {
    const changed = await experiments.put(tenantId, document, experiment, who);
    applied.push({ experiment: experiment.id, changed });
  }
  return applied;
};

export interface ListedExperiment extends ExperimentOnFile {
  /** Why decisions do not follow it although it is active; '' otherwise. */
  readonly over: string;
}

export const listExperiments = async (store: Store, tenantId: string): Promise<readonly ListedExperiment[]> => {
  await assertTenant(store, tenantId);
  const listed: ListedExperiment[] = [];
  for (const one of await new Experiments(store.api).list(tenantId)) {
    const findings = one.status === 'active' ? await faultsOf(store, tenantId, one.experiment) : [];
    listed.push({ ...one, over: findings.map(({ path, message }) => `${path} ${message}`).join('; ') });
  }
  return listed;
};

const found = async (store: Store, tenantId: string, id: string): Promise<ExperimentOnFile> => {
  const one = (await new Experiments(store.api).list(tenantId)).find(({ experiment }) => experiment.id === id);
  if (one === undefined) throw new MmmError('RESOURCE_NOT_FOUND', `there is no experiment ${id} of tenant ${tenantId}`);
  return one;
};

/** False: it was so already. Throws EXPERIMENT_INVALID when the versions have changed since it was written, CONFLICT. */
export const activateExperiment = async (
  store: ChangingStore,
  tenantId: string,
  id: string,
  who: string,
): Promise<boolean> => {
  const { experiment } = await found(store, tenantId, id);
  refuse(experiment, await faultsOf(store, tenantId, experiment));
  return await new ExperimentChanges(store).move(tenantId, id, 'active', who);
};

export const deactivateExperiment = async (
  store: ChangingStore,
  tenantId: string,
  id: string,
  who: string,
): Promise<boolean> => await new ExperimentChanges(store).move(tenantId, id, 'inactive', who);

export interface CheckedExperiment {
  readonly experiment: string;
  readonly check: RatioCheck;
  /** This check put it on hold. */
  readonly held: boolean;
}

/**
 * The sample ratio of each active experiment; one that is off is put on hold. However often this looks, a sound experiment is held less than once in a
 * thousand (domain/experiment/sample-ratio.ts).
 */
export const checkExperiments = async (
  store: Pick<ChangingStore, 'api' | 'toRecord'>,
  tenantId: string,
  who: string,
): Promise<readonly CheckedExperiment[]> => {
  const experiments = new Experiments(store.api);
  const checked: CheckedExperiment[] = [];
  for (const one of await experiments.list(tenantId)) {
    if (one.status !== 'active') continue;
    const check = checkSampleRatio(one.experiment, await experiments.units(tenantId, one));
    const held =
      check.verdict === 'off' &&
      (await new ExperimentChanges(store).move(tenantId, one.experiment.id, 'hold', who, {
        p: check.p,
        always_valid_p: check.alwaysValidP,
        bound: RATIO_P_MIN,
        arms: check.arms,
      }));
    checked.push({ experiment: one.experiment.id, check, held });
  }
  return checked;
};

/** The same for every tenant: what the engine does in the background. */
export const checkAllExperiments = async (
  store: Pick<ChangingStore, 'api' | 'pipeline' | 'toRecord'>,
  logger: Logger,
): Promise<void> => {
  for (const tenantId of await tenantsWithActiveExperiments(store.pipeline)) {
    for (const { experiment, check, held } of await checkExperiments(store, tenantId, 'engine'))
      if (held) logger.error('experiment_on_hold', { tenant_id: tenantId, experiment, p: check.p, arms: check.arms });
  }
};

/** Lets a stored version that passes the lint run as shadow. False: it does already. Throws RESOURCE_NOT_FOUND, PLAYBOOK_INVALID, CONFLICT. */
export const startShadow = async (
  store: ChangingStore,
  tenantId: string,
  playbookId: string,
  version: number,
  who: string,
): Promise<boolean> => {
  await assertTenant(store, tenantId);
  const stored = await new DefinitionReader(store.api).playbooks(tenantId);
  const one = stored.find((other) => other.playbookId === playbookId && other.version === version);
  if (one === undefined) throw new MmmError('RESOURCE_NOT_FOUND', `there is no ${playbookId}@${version}`);
  const parsed = parsePlaybook(one.document, version);
  const findings = parsed.ok ? lintPlaybook(parsed.playbook, EVENT_TYPES, createCelCompiler()) : parsed.findings;
  if (findings.length > 0) throw new MmmError('PLAYBOOK_INVALID', `${playbookId}@${version}: ${wordsOf(findings)}`);
  return await new ShadowVersions(store).start(tenantId, playbookId, version, who);
};

/** It is a draft again. False: it is no shadow. Throws RESOURCE_NOT_FOUND. */
export const stopShadow = async (
  store: ChangingStore,
  tenantId: string,
  playbookId: string,
  version: number,
  who: string,
): Promise<boolean> => await new ShadowVersions(store).stop(tenantId, playbookId, version, who);
