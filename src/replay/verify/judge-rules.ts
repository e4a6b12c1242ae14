import { documentDigestOf } from '../../domain/compile-rules.ts';
import type { IdPort } from '../../domain/ids.ts';
import type { TenantRules } from '../../domain/rules.ts';
import type { DecisionRead, RulesHistory } from '../recorded-history.ts';
import { type RulesDocuments, rulesNamed, rulesNameOf, versionOf } from '../rules-in-force.ts';
import type { ReceiptFields } from './receipt-shape.ts';
import type { Difference } from './verdict.ts';

export type JudgedRules =
  { readonly ok: true; readonly rules: TenantRules } | { readonly ok: false; readonly difference: Difference };

const differs = (difference: Difference): JudgedRules => ({ ok: false, difference });

/** The rules of a decision, document by document against the digests that it recorded, and all of them against `snapshot_hash`. */
export const judgeRules = (
  deps: { readonly ids: IdPort; readonly compile: (documents: RulesDocuments) => TenantRules | null },
  history: RulesHistory,
  tenantId: string,
  read: DecisionRead,
  receipt: ReceiptFields,
): JudgedRules => {
  const digests = read.rules_digests?.split(' ');
  for (const [n, name] of read.policy_version_ids.entries()) {
    const stored = documentOf(history, tenantId, name);
    if (stored === null) continue;
    const expected = digests?.[n] ?? null;
    const found = stored.document === undefined ? null : documentDigestOf(deps.ids, stored.document);
    if (found !== null && (expected === null || found === expected)) continue;
    return differs({
      what: stored.words,
      expected: expected === null ? null : `sha256:${expected}...`,
      found: found === null ? null : `sha256:${found}...`,
      meaning:
        found === null ? 'the decision read it, and it is not stored' : 'the document was altered after the decision',
    });
  }
  const named = rulesNamed(history, tenantId, read);
  const rules = named === null ? null : deps.compile(named);
  if (rules?.snapshotHash === receipt.snapshotHash) return { ok: true, rules };
  return differs({
    what: 'rules snapshot',
    expected: receipt.snapshotHash,
    found: rules?.snapshotHash ?? null,
    meaning:
      digests === undefined
        ? `one of these was altered: ${read.policy_version_ids.join(', ')}`
        : 'each document is as it was, but this program makes other rules of them',
  });
};

/** Null: what the decision recorded itself. `document` undefined: not stored. */
const documentOf = (
  history: RulesHistory,
  tenantId: string,
  text: string,
): { readonly words: string; readonly document: unknown } | null => {
  const name = rulesNameOf(tenantId, text);
  if (name === null) return { words: `rules named ${text}`, document: undefined };
  switch (name.kind) {
    case 'policy':
      return {
        words: `tenant policy version ${name.version}`,
        document: history.policies.find(({ version }) => version === name.version)?.document,
      };
    case 'playbook':
      return {
        words: `playbook ${name.playbookId} version ${name.version}`,
        document: versionOf(history, name.playbookId, name.version)?.document,
      };
    case 'experiment':
      return null;
    default:
      return name satisfies never;
  }
};
