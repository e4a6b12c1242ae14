import { subjectOfAction } from '../../domain/decision/action-subject.ts';
import { outcomeEntryOf } from '../../domain/decision/outcome-entry.ts';
import { outcomeEntryIdOf } from '../../domain/outcome.ts';
import { buildOutcomeReceipt } from '../../domain/receipt/build-outcome-receipt.ts';
import { digestOf } from '../../domain/receipt/build-receipt.ts';
import { canonicalJson } from '../../domain/receipt/canonical-json.ts';
import type { MmmReceipt } from '../../generated/records.ts';
import { type ActorJournal, chainsBefore, linkBelow } from './judge-journal.ts';
import type { JournalLine, OutcomeEvidence, StoredAction } from './receipt-evidence.ts';
import { firstFieldDifference } from './receipt-fields.ts';
import { type ReceiptFields, receiptFieldsOf } from './receipt-shape.ts';
import { type Difference, failed, signatureOnly, type Verdict } from './verdict.ts';
import { DECISIONS_KEPT_MS, JOURNAL_KEPT_MS, type SignedReceipt, type VerifyDeps } from './verify-decision.ts';

/** purge-outcomes.sql. */
const OUTCOMES_KEPT_MS = 365 * 24 * 3_600_000;

/** Judges one receipt of an outcome whose signature holds: the decision it speaks of, the report, the journal; then receipt and entry made again. */
export const verifyOutcome = async (
  deps: VerifyDeps & { readonly isSigned: (receipt: string) => boolean },
  signed: SignedReceipt,
): Promise<Verdict> => {
  const { evidence, ids, nowMs } = deps;
  const { tenantId, receipt } = signed;
  const fields = receiptFieldsOf(receipt);
  const stored = await evidence.outcome(tenantId, fields.receiptId);
  if (stored === null) {
    if (await evidence.isErased(tenantId, fields.actorRef)) return signatureOnly('erased');
    if (fields.atMs < nowMs - OUTCOMES_KEPT_MS) return signatureOnly('past_retention', 'outcomes are kept 365 days');
    return failed(gone('outcome (stored)', 'the receipt is signed, and this database has no such outcome'));
  }
  const { decision, report } = stored;
  if (decision === null) {
    if (fields.atMs < nowMs - DECISIONS_KEPT_MS) return signatureOnly('past_retention', 'decisions are kept 90 days');
    return failed(gone(`decision ${report.decisionId}`, 'the outcome speaks of it, and it is not stored'));
  }
  const ofDecision = decisionDifference(deps, stored, fields);
  if (ofDecision !== null) return failed(ofDecision);

  const journal = await evidence.journal(tenantId, report.actorId, outcomeEntryIdOf(ids, tenantId, report.outcomeId));
  if (journal === null || journal.actor.actorRef === null) {
    if (await evidence.isErased(tenantId, fields.actorRef)) return signatureOnly('erased');
    return failed(
      gone('actor receipt key', 'the key of the actor (mmm_actors.receipt_key) is gone, and no erasure is on record'),
    );
  }
  const entryId = outcomeEntryIdOf(ids, tenantId, report.outcomeId);
  const line = journal.lines.find(({ entry }) => entry.kind === 'outcome' && entry.entryId === entryId);
  if (line === undefined && fields.atMs >= nowMs - JOURNAL_KEPT_MS)
    return failed(
      journal.broken?.difference ?? gone(`actor journal entry of outcome ${report.outcomeId}`, 'it is kept 30 days'),
    );

  const ofReport = rebuiltDifference(deps, signed, stored, journal, line ?? null);
  if (ofReport !== null) return failed(ofReport);
  if (line === undefined)
    return signatureOnly(
      'past_retention',
      'the report is as recorded; its line of the journal is deleted after 30 days',
    );
  const ofEntry = entryDifference(deps, stored, journal, line, receipt);
  if (ofEntry !== null) return failed(ofEntry);
  const profileKnown = isProfileOfThen(journal, line);
  return {
    status: 'verified',
    notes: profileKnown
      ? []
      : ['the profile of that time is not recorded with an outcome: state_digest was not made again'],
  };
};

const gone = (what: string, meaning: string): Difference => ({ what, expected: null, found: null, meaning });

const decisionDifference = (
  { ids, isSigned }: Pick<VerifyDeps, 'ids'> & { readonly isSigned: (receipt: string) => boolean },
  { decision, report }: OutcomeEvidence,
  { receiptId }: ReceiptFields,
): Difference | null => {
  if (decision === null) return gone(`decision of ${receiptId}`, 'it is not stored');
  const { receipt, read, trace, action } = decision;
  if (!isSigned(receipt))
    return gone(
      `receipt of decision ${report.decisionId}`,
      'its signature does not hold, and the outcome repeats what it says',
    );
  const decided = JSON.parse(receipt) as MmmReceipt;
  const { readDigest, traceDigest } = receiptFieldsOf(decided);
  const texts = [
    ['what the decision read', readDigest, read],
    ['trace of the decision', traceDigest, trace],
  ] as const;
  for (const [what, expected, text] of texts) {
    const found = `sha256:${ids.sha256(text)}`;
    if (found !== expected) return { what, expected, found, meaning: 'it was altered after it was signed' };
  }
  return actionDifference(decided, action, report.actionId);
};

const actionDifference = (decided: MmmReceipt, action: StoredAction | null, actionId: string): Difference | null => {
  const { actions = [] } = decided.result as { readonly actions?: readonly Readonly<Record<string, unknown>>[] };
  const attested = actions.find((one) => one['action_id'] === actionId);
  const said =
    action === null ? null : [action.actionType, `${action.playbookId}@${action.playbookVersion}`, action.payloadHash];
  const expected = attested === undefined ? null : [attested['type'], attested['playbook'], attested['payload_hash']];
  // The name of a playbook may be in the receipt as a digest: then type and text are compared.
  const isDigest = String(expected?.[1]).startsWith('sha256:');
  const [a, b] = [expected, said].map((one) =>
    canonicalJson(isDigest ? (one?.filter((_, n) => n !== 1) ?? null) : one),
  );
  if (a === b && expected !== null) return null;
  return {
    what: `action ${actionId}`,
    expected: a ?? null,
    found: b ?? null,
    meaning: 'the row of the action in mmm_actions was altered',
  };
};

/** No change of the profile since: each would be a version without a line. */
const isProfileOfThen = ({ actor, lines }: ActorJournal, { entry }: JournalLine): boolean =>
  actor.version - entry.version === lines.filter((one) => one.entry.version > entry.version).length;

const rebuiltDifference = (
  { ids }: Pick<VerifyDeps, 'ids'>,
  { receipt, bytes }: SignedReceipt,
  stored: OutcomeEvidence,
  journal: ActorJournal,
  line: JournalLine | null,
): Difference | null => {
  const { decision, report, recordedAtMs } = stored;
  if (decision === null || decision.action === null) return gone(`action ${report.actionId}`, 'it is not stored');
  const { stateChain: chain, stateDigest } = receiptFieldsOf(receipt);
  const isKnown = line !== null && isProfileOfThen(journal, line);
  const { signature: _, ...found } = receipt;
  const rebuilt = buildOutcomeReceipt(
    {
      receiptId: receipt.receipt_id,
      report,
      decided: JSON.parse(decision.receipt) as MmmReceipt,
      actorRef: journal.actor.actorRef ?? '',
      playbookId: decision.action.playbookId,
      playbookVersion: decision.action.playbookVersion,
      actionType: decision.action.actionType,
      stateDigest: isKnown ? digestOf(ids, { chain, profile: journal.actor.profile }) : stateDigest,
      stateChain: chain,
      recordedAtMs,
      // Kept nowhere else: what is signed is all there is to know of it.
      recordedAtMonotonicMs: receipt.timestamp_monotonic_ms,
    },
    ids,
  );
  const difference = firstFieldDifference(rebuilt, found);
  if (difference !== null)
    return {
      what: `outcome ${report.outcomeId} (stored), for receipt field ${difference.path}`,
      expected: difference.found,
      found: difference.expected,
      meaning: fieldMeaning(difference.path),
    };
  if (stored.receipt === Buffer.from(bytes).toString('utf8')) return null;
  return {
    what: 'stored receipt',
    expected: `sha256:${ids.sha256(Buffer.from(bytes).toString('utf8'))}`,
    found: `sha256:${ids.sha256(stored.receipt)}`,
    meaning: 'the copy of the receipt in mmm_outcomes was altered: its signature holds on the bytes given here',
  };
};

const fieldMeaning = (path: string): string =>
  path === 'inputs.state_digest'
    ? 'the profile (mmm_actors.profile) is not that of the outcome, and no change of it was made since'
    : path === 'inputs.actor_ref'
      ? 'the key of the actor (mmm_actors.receipt_key) gives another pseudonym'
      : 'what is stored of the outcome was altered: the receipt was signed for something else';

const entryDifference = (
  { ids }: Pick<VerifyDeps, 'ids'>,
  { report, recordedAtMs, decision }: OutcomeEvidence,
  journal: ActorJournal,
  line: JournalLine,
  receipt: MmmReceipt,
): Difference | null => {
  const { version } = line.entry;
  const { broken } = journal;
  if (broken !== null && broken.version < version) return broken.difference;
  const { stateChain: chain } = receiptFieldsOf(receipt);
  const below = linkBelow(journal, version);
  if (!chainsBefore(below, recordedAtMs).includes(chain))
    return {
      what: 'actor journal entry (the last before the outcome)',
      expected: `sha256:${chain}`,
      found: below === null ? null : `sha256:${below.chain}`,
      meaning: 'one of the entries before was altered with its digests, or is gone',
    };
  const { action } = decision!;
  const subject = subjectOfAction(decision!, report.actionId);
  const advice = { playbookId: action!.playbookId, actionType: action!.actionType, subject };
  const made = outcomeEntryOf(ids, { report, advice, version, recordedAtMs, chainBefore: chain });
  const [expected, found] = [canonicalJson(made), canonicalJson(line.entry)];
  if (expected === found && line.isExact) return null;
  return {
    what: `actor journal entry ${version}`,
    expected: `sha256:${ids.sha256(expected)}`,
    found: `sha256:${ids.sha256(found)}`,
    meaning: 'the line of the outcome in the journal was altered: later decisions stand on it',
  };
};
