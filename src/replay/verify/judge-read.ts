import type { ContextCause, ContextFacts } from '../../domain/decision/planned.ts';
import type { IdPort } from '../../domain/ids.ts';
import { canonicalJson } from '../../domain/receipt/canonical-json.ts';
import { digestOf } from '../../domain/receipt/build-receipt.ts';
import { receiptText } from '../../domain/receipt/metadata-rules.ts';
import type { TenantRules } from '../../domain/rules.ts';
import { type ReadMember, READ_MEMBER_WORDS, regionsOf } from './read-regions.ts';
import type { DecisionEvidence } from './receipt-evidence.ts';
import type { ReceiptFields } from './receipt-shape.ts';
import type { Difference } from './verdict.ts';

export interface ReadWitnesses {
  readonly ids: IdPort;
  /** Of the newest entry below the decision's, as the journal has it; null: not kept. */
  readonly journalChain: string | null;
  /** By action id, the stored facts of what an earlier decision put off. */
  readonly deferredFacts: ReadonlyMap<string, string>;
  /** The stored documents of these names; null: one is missing or can not be compiled. */
  readonly compile: (values: Readonly<Partial<Record<ReadMember, unknown>>>) => TenantRules | null;
}

/**
 * Which of the recorded inputs is not what was signed for; to be asked when their digest is not the receipt's. One digest stands for all; most members
 * have a second witness (the receipt, the journal, the documents of the rules), and what has none is told by elimination: the signal.
 */
export const alteredRead = (
  stored: Pick<DecisionEvidence, 'read'>,
  receipt: ReceiptFields,
  witnesses: ReadWitnesses,
): Difference => {
  const found = `sha256:${witnesses.ids.sha256(stored.read)}`;
  const regions = regionsOf(stored.read);
  const member = regions.ok ? alteredMember(regions.values, receipt, witnesses) : regions.broken;
  return {
    what: READ_MEMBER_WORDS[member],
    expected: receipt.readDigest,
    found,
    meaning: `what the decision read (mmm_decisions.read) was altered after it was signed, in its member ${member}`,
  };
};

const alteredMember = (
  values: Readonly<Partial<Record<ReadMember, unknown>>>,
  receipt: ReceiptFields,
  { ids, journalChain, deferredFacts, compile }: ReadWitnesses,
): ReadMember => {
  const { state_chain: chain, profile } = values;
  if (digestOf(ids, { chain, profile }) !== receipt.stateDigest) {
    const isChain = journalChain !== null && digestOf(ids, { chain: journalChain, profile }) === receipt.stateDigest;
    return isChain || typeof chain !== 'string' ? 'state_chain' : 'profile';
  }
  if (values.snapshot_hash !== receipt.snapshotHash) return 'snapshot_hash';
  const names = Array.isArray(values.policy_version_ids) ? values.policy_version_ids.map(String) : [];
  const safe = names.map((name) => receiptText(name, ids.sha256));
  if (canonicalJson(safe) !== canonicalJson(receipt.policyVersionIds)) return 'policy_version_ids';
  if (values.decided_at_ms !== receipt.atMs) return 'decided_at_ms';
  if (values.decided_at_monotonic_ms !== receipt.monotonicMs) return 'decided_at_monotonic_ms';
  const ofRules = alteredRules(values, receipt, compile);
  if (ofRules !== null) return ofRules;
  if (!isContext(values.context)) return 'context';
  return alteredOriginals(values, deferredFacts) ?? 'signal';
};

type ByActionId = Readonly<Record<string, unknown>>;

/** What was put off is stored with its deferral as well, under the same ids as the context of each. */
const alteredOriginals = (
  values: Readonly<Partial<Record<ReadMember, unknown>>>,
  deferredFacts: ReadonlyMap<string, string>,
): ReadMember | null => {
  const originals = (values.originals ?? {}) as ByActionId;
  const contexts = (values.original_contexts ?? {}) as ByActionId;
  for (const [actionId, signal] of Object.entries(originals)) {
    const facts = deferredFacts.get(actionId);
    if (facts === undefined ? !(actionId in contexts) : facts !== JSON.stringify({ signal })) return 'originals';
  }
  for (const [actionId, context] of Object.entries(contexts))
    if (!(actionId in originals) || !isContext(context)) return 'original_contexts';
  return null;
};

const alteredRules = (
  values: Readonly<Partial<Record<ReadMember, unknown>>>,
  receipt: ReceiptFields,
  compile: ReadWitnesses['compile'],
): ReadMember | null => {
  const rules = compile(values);
  // A changed document, experiment or flag gives another snapshot; which one is asked only when all else is as it was.
  if (rules === null || rules.snapshotHash !== receipt.snapshotHash)
    return values.experiments !== undefined ? 'experiments' : values.on_probation !== undefined ? 'on_probation' : null;
  return rules.recorded.rules_digests === values.rules_digests ? null : 'rules_digests';
};

const CONTEXT_MEMBERS: readonly (keyof ContextFacts)[] = [
  'incidentActive',
  'freezeActive',
  'onCall',
  'releaseFailed',
  'causes',
];
const CAUSES: readonly string[] = ['incident', 'failed_release'];

/** As `contextFactsOf` makes it: its members, and causes for what is said and for nothing else. The ids of causes are nobody's to check. */
const isContext = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return false;
  const facts = value as ContextFacts;
  const { causes = [] } = facts;
  if (!Object.keys(facts).every((name) => CONTEXT_MEMBERS.some((member) => member === name))) return false;
  const flags = [facts.incidentActive, facts.freezeActive, facts.onCall, facts.releaseFailed ?? false];
  if (!flags.every((flag) => typeof flag === 'boolean') || !Array.isArray(causes)) return false;
  const kinds = (causes as readonly ContextCause[]).map(({ kind }): string => kind);
  return (
    kinds.every((kind) => CAUSES.includes(kind)) &&
    facts.incidentActive === kinds.includes('incident') &&
    (facts.releaseFailed ?? false) === kinds.includes('failed_release')
  );
};
