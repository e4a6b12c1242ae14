import type { IdPort } from '../../domain/ids.ts';
import type { TenantRules } from '../../domain/rules.ts';
import type { MmmReceipt } from '../../generated/records.ts';
import type { ReleasedCodec } from '../../pipeline/ports/codec.ts';
import { canonicalJson } from '../../domain/receipt/canonical-json.ts';
import type { DecisionRead } from '../recorded-history.ts';
import { type RulesDocuments, rulesNamed } from '../rules-in-force.ts';
import type { EvidenceCache } from './evidence-cache.ts';
import { type ActorJournal, chainsBefore, FOLD_WINDOW_MS, isCutOff, linkBelow } from './judge-journal.ts';
import { alteredRead } from './judge-read.ts';
import { judgeResults } from './judge-results.ts';
import { type JudgedRules, judgeRules } from './judge-rules.ts';
import type { DecisionEvidence, JournalLine, OutboxLine } from './receipt-evidence.ts';
import { type ReceiptFields, receiptFieldsOf } from './receipt-shape.ts';
import { reexecute, type Remade } from './reexecute.ts';
import { type Difference, failed, signatureOnly, type Verdict } from './verdict.ts';

/** purge-decisions.sql, purge-journal.sql, purge-deferrals.sql. */
export const DECISIONS_KEPT_MS = 90 * 24 * 3_600_000;
export const JOURNAL_KEPT_MS = FOLD_WINDOW_MS;

export interface VerifyDeps {
  readonly evidence: EvidenceCache;
  readonly ids: IdPort;
  readonly codec: ReleasedCodec;
  readonly compile: (documents: RulesDocuments) => TenantRules | null;
  readonly nowMs: number;
  /** Told what each verified decision published, for whoever compares topics. */
  readonly onRemade?: (made: Remade) => void;
}

export interface SignedReceipt {
  readonly tenantId: string;
  readonly bytes: Uint8Array;
  readonly receipt: MmmReceipt;
  readonly outbox: readonly OutboxLine[];
}

/** Judges one receipt of a decision whose signature holds: inputs first, in the order in which they were read, then what comes out of them. */
export const verifyDecision = async (deps: VerifyDeps, signed: SignedReceipt): Promise<Verdict> => {
  const fields = receiptFieldsOf(signed.receipt);
  const { tenantId } = signed;
  const stored = await deps.evidence.decision(tenantId, fields.receiptId);
  if (stored === null) return await notStored(deps, tenantId, fields);
  const journal = await deps.evidence.journal(tenantId, stored.actorId, stored.signalId);
  const ofRead = await readDifference(deps, signed, fields, stored, journal);
  if (ofRead !== null) return failed(ofRead);

  const read = JSON.parse(stored.read) as DecisionRead;
  const actorId = read.signal.actor_id ?? '';
  if (actorId !== stored.actorId) return failed(rowDiffers('actor_id', actorId, stored.actorId));
  if (read.signal.signal_id !== stored.signalId)
    return failed(rowDiffers('signal_id', read.signal.signal_id, stored.signalId));
  const rules = await rulesOf(deps, tenantId, read, fields);
  if (!rules.ok) return failed(rules.difference);

  if (journal === null || journal.actor.actorRef === null) return await noKey(deps, tenantId, fields);
  if (journal.actor.actorRef !== fields.actorRef)
    return failed({
      what: 'actor receipt key',
      expected: fields.actorRef,
      found: journal.actor.actorRef,
      meaning: 'the key of the actor (mmm_actors.receipt_key) gives another pseudonym than the receipt has',
    });

  const line = journal.lines.find(({ entry }) => entry.kind === 'signal' && entry.signalId === stored.signalId);
  if (line === undefined) return noLine(deps, fields, journal, read);
  const ofJournal = journalDifference(journal, line, read);
  if (ofJournal !== null) return failed(ofJournal);
  if (isCutOff(journal.actor, read.decided_at_ms) === 'yes')
    return signatureOnly(
      'past_retention',
      'the inputs are as recorded; what the actor did before is deleted after 30 days',
    );
  const ofProfile = profileDifference(deps.ids, journal, line, read);
  if (ofProfile !== null) return failed(ofProfile);

  const made = reexecute(deps, {
    ...{ read, actorRef: fields.actorRef, rules: rules.rules, version: line.entry.version },
    entries: journal.lines.map(({ entry }) => entry).filter(({ version }) => version < line.entry.version),
  });
  const deferralsKept = deps.nowMs - read.decided_at_ms < FOLD_WINDOW_MS;
  const difference = 'what' in made ? made : judgeResults({ ...deps, ...signed, stored, line, made, deferralsKept });
  if (difference === null) {
    deps.onRemade?.(made as Remade);
    return { status: 'verified', notes: [] };
  }
  // Every digest of what is left holds, so what makes the difference is what was taken.
  if (difference.what === 'decision (recomputed)' && isCutOff(journal.actor, read.decided_at_ms) === 'maybe')
    return signatureOnly('past_retention', 'entries that it may have seen are deleted by now');
  return failed(difference);
};

const rowDiffers = (column: string, expected: string, found: string): Difference => ({
  ...{ what: `decision row ${column}`, expected, found },
  meaning: `mmm_decisions.${column} was altered: what the decision read says otherwise`,
});

const notStored = async (deps: VerifyDeps, tenantId: string, fields: ReceiptFields): Promise<Verdict> => {
  if (await deps.evidence.isErased(tenantId, fields.actorRef)) return signatureOnly('erased');
  if (fields.atMs < deps.nowMs - DECISIONS_KEPT_MS)
    return signatureOnly('past_retention', 'decisions are kept 90 days');
  return failed({
    what: 'decision (stored)',
    expected: fields.readDigest,
    found: null,
    meaning:
      'the receipt is signed, and this database has no such decision, though it is kept 90 days and no erasure is on record',
  });
};

const noKey = async (deps: VerifyDeps, tenantId: string, fields: ReceiptFields): Promise<Verdict> => {
  if (await deps.evidence.isErased(tenantId, fields.actorRef)) return signatureOnly('erased');
  return failed({
    what: 'actor receipt key',
    expected: fields.actorRef,
    found: null,
    meaning: 'the key of the actor (mmm_actors.receipt_key) is gone, and no erasure of the actor is on record',
  });
};

const readDifference = async (
  deps: VerifyDeps,
  { tenantId }: SignedReceipt,
  fields: ReceiptFields,
  stored: DecisionEvidence,
  journal: ActorJournal | null,
): Promise<Difference | null> => {
  if (`sha256:${deps.ids.sha256(stored.read)}` === fields.readDigest) return null;
  const line = journal?.lines.find(({ entry }) => entry.kind === 'signal' && entry.signalId === stored.signalId);
  const history = await deps.evidence.rules(tenantId, []);
  return alteredRead(stored, fields, {
    ids: deps.ids,
    journalChain: journal === null || line === undefined ? null : (linkBelow(journal, line.entry.version)?.chain ?? ''),
    deferredFacts: await deps.evidence.deferredFacts(tenantId, stored),
    compile: (values) => {
      // What was altered may have any shape: what cannot even be compiled is not what the decision read.
      try {
        const named = rulesNamed(history, tenantId, values as unknown as DecisionRead);
        return named === null ? null : deps.compile(named);
      } catch {
        return null;
      }
    },
  });
};

const rulesOf = async (
  deps: VerifyDeps,
  tenantId: string,
  read: DecisionRead,
  fields: ReceiptFields,
): Promise<JudgedRules> => {
  const { policy_version_ids, rules_digests, on_probation, experiments, snapshot_hash } = read;
  const key = canonicalJson([policy_version_ids, rules_digests, on_probation, experiments, snapshot_hash]);
  const history = await deps.evidence.rules(tenantId, policy_version_ids);
  return deps.evidence.compiled(tenantId, key, () => judgeRules(deps, history, tenantId, read, fields));
};

const noLine = (
  deps: VerifyDeps,
  { atMs }: ReceiptFields,
  { actor, broken }: ActorJournal,
  read: DecisionRead,
): Verdict => {
  if (atMs < deps.nowMs - JOURNAL_KEPT_MS || (actor.purged?.decidedAtMs ?? -Infinity) >= read.decided_at_ms)
    return signatureOnly('past_retention', 'inputs and rules are as recorded; the journal is kept 30 days');
  return failed(
    broken?.difference ?? {
      what: 'actor journal entry (of this decision)',
      expected: null,
      found: null,
      meaning: 'the line of the decision is not in the journal, though it is kept 30 days',
    },
  );
};

/** The lines below the decision's, and that the last of them is the one it read. */
const journalDifference = (journal: ActorJournal, line: JournalLine, read: DecisionRead): Difference | null => {
  const { version, decidedAtMs } = line.entry;
  if (journal.broken !== null && journal.broken.version < version) return journal.broken.difference;
  const below = linkBelow(journal, version);
  if (chainsBefore(below, decidedAtMs).includes(read.state_chain)) return null;
  return {
    what: 'actor journal entry (the last before the decision)',
    expected: `sha256:${read.state_chain}`,
    found: below === null ? null : `sha256:${below.chain}`,
    meaning:
      'the entries before the decision hang together, but are not those that it read: one was altered with its digests, or is gone',
  };
};

/** The profile of today is that of the decision unless it was changed since, and each change of it takes a version without a line in the journal. */
const profileDifference = (
  ids: IdPort,
  { actor, lines }: ActorJournal,
  line: JournalLine,
  read: DecisionRead,
): Difference | null => {
  const since = lines.filter(({ entry }) => entry.version > line.entry.version).length;
  if (actor.version - line.entry.version !== since) return null;
  const [expected, found] = [canonicalJson(read.profile), canonicalJson(actor.profile)];
  if (expected === found) return null;
  return {
    what: 'actor profile',
    expected: `sha256:${ids.sha256(expected)}`,
    found: `sha256:${ids.sha256(found)}`,
    meaning: 'the profile (mmm_actors.profile) is not that of the decision, and no change of it was made since',
  };
};
