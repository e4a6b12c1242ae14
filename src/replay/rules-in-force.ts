import type { RunningExperiment } from '../domain/experiment/running.ts';
import type { DecisionRead, RulesHistory, StoredVersion } from './recorded-history.ts';

/** What `compileRules` takes of a tenant. */
export interface RulesDocuments {
  readonly policy: unknown;
  readonly policyVersion: number;
  readonly playbooks: readonly StoredVersion[];
  /** Experiments as a decision recorded them; absent: none. */
  readonly running?: readonly RunningExperiment[];
}

/** A process uses rules for up to this long after they have changed, should the notice be lost: within it nobody can say which it read. */
const REFRESH_MS = 60_000;

export const versionOf = (history: RulesHistory, playbookId: string, version: number): StoredVersion | null =>
  history.playbooks.find((one) => one.playbookId === playbookId && one.version === version) ?? null;

/**
 * The rules at a moment, by the times at which they were written; null: the tenant was not there yet. `certain` false: they changed so shortly before
 * that the decision may still have read the ones before.
 */
export const rulesInForce = (
  history: RulesHistory,
  atMs: number,
): { readonly documents: RulesDocuments; readonly certain: boolean } | null => {
  const policy = history.policies.filter((one) => one.atMs <= atMs).toSorted((a, b) => b.version - a.version)[0];
  if (policy === undefined) return null;
  const published = new Map<string, number | null>();
  for (const one of history.publications) if (one.atMs <= atMs) published.set(one.playbookId, one.version);
  const playbooks = [...published].flatMap(([playbookId, version]) => {
    const stored = version === null ? null : versionOf(history, playbookId, version);
    return stored === null ? [] : [stored];
  });
  const changes = [...history.policies, ...history.publications].map((one) => one.atMs);
  return {
    documents: { policy: policy.document, policyVersion: policy.version, playbooks },
    certain: !changes.some((ms) => ms <= atMs && ms > atMs - REFRESH_MS),
  };
};

/** One name of `policy_version_ids` taken apart. */
export type RulesName =
  | { readonly kind: 'policy'; readonly version: number }
  | { readonly kind: 'experiment'; readonly id: string; readonly digest: string }
  | {
      readonly kind: 'playbook';
      readonly playbookId: string;
      readonly version: number;
      readonly mode: 'published' | 'shadow' | 'arm';
    };

const EXPERIMENT_NAME = /^experiment:([a-z0-9-]+):([0-9a-f]{12})(?::hold)?$/;
const PLAYBOOK_NAME = /^(.+)@(\d+)(?::(shadow|arm))?$/;

/** Null: no name of ours. */
export const rulesNameOf = (tenantId: string, name: string): RulesName | null => {
  const prefix = `policy:${tenantId}:`;
  if (name.startsWith(prefix)) return { kind: 'policy', version: Number(name.slice(prefix.length)) };
  const experiment = EXPERIMENT_NAME.exec(name);
  if (experiment !== null) return { kind: 'experiment', id: experiment[1]!, digest: experiment[2]! };
  const playbook = PLAYBOOK_NAME.exec(name);
  if (playbook === null) return null;
  const [, playbookId, version, mode] = playbook;
  return {
    kind: 'playbook',
    playbookId: playbookId!,
    version: Number(version),
    mode: mode === 'shadow' || mode === 'arm' ? mode : 'published',
  };
};

/**
 * The rules that a decision read, by the names it recorded (`policy:<tenant>:<version>`, `<playbook>@<version>`, with `:shadow` or `:arm`); null if one
 * of them is not stored. What has no versions (experiments, probation) comes from the decision itself.
 */
export const rulesNamed = (
  history: RulesHistory,
  tenantId: string,
  read: Pick<DecisionRead, 'policy_version_ids' | 'on_probation' | 'experiments'>,
): RulesDocuments | null => {
  let policy: RulesHistory['policies'][number] | undefined;
  const playbooks: StoredVersion[] = [];
  for (const text of read.policy_version_ids) {
    const name = rulesNameOf(tenantId, text);
    if (name === null) return null;
    if (name.kind === 'policy') policy = history.policies.find(({ version }) => version === name.version);
    if (name.kind !== 'playbook') continue;
    const stored = versionOf(history, name.playbookId, name.version);
    if (stored === null) return null;
    playbooks.push({
      ...stored,
      ...(name.mode === 'published' ? {} : { mode: 'shadow' }),
      onProbation: read.on_probation?.includes(`${name.playbookId}@${name.version}`) ?? false,
    });
  }
  if (policy === undefined) return null;
  return { policy: policy.document, policyVersion: policy.version, playbooks, running: read.experiments ?? [] };
};
