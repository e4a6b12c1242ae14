import type { RulesHistory, StoredVersion } from './recorded-history.ts';

/** What `compileRules` takes of a tenant. */
export interface RulesDocuments {
  readonly policy: unknown;
  readonly policyVersion: number;
  readonly playbooks: readonly StoredVersion[];
}

/** A process uses rules for up to this long after they have changed, should the notice be lost: within it nobody can say which it read. */
const REFRESH_MS = 60_000;

const versionOf = (history: RulesHistory, playbookId: string, version: number): StoredVersion | null =>
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

/** The rules that a decision named (`policy:<tenant>:<version>`, `<playbook>@<version>`); null if one of them is not stored. */
export const rulesNamed = (
  history: RulesHistory,
  tenantId: string,
  names: readonly string[],
): RulesDocuments | null => {
  const prefix = `policy:${tenantId}:`;
  const named = names.find((name) => name.startsWith(prefix));
  const policy = history.policies.find(({ version }) => String(version) === named?.slice(prefix.length));
  if (policy === undefined) return null;
  const playbooks: StoredVersion[] = [];
  for (const name of names) {
    if (name === named) continue;
    const at = name.lastIndexOf('@');
    const stored = versionOf(history, name.slice(0, at), Number(name.slice(at + 1)));
    if (stored === null) return null;
    playbooks.push(stored);
  }
  return { policy: policy.document, policyVersion: policy.version, playbooks };
};
