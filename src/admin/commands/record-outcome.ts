import { subjectOfAction } from '../../domain/decision/action-subject.ts';
import { outcomeEntryOf } from '../../domain/decision/outcome-entry.ts';
import { actorKeyText, encodeKeyPart, eventIdOf, type IdPort, receiptIdOf } from '../../domain/ids.ts';
import { outcomeEntryIdOf, outcomeFault, type OutcomeReport, sequenceOf } from '../../domain/outcome.ts';
import { partitionOf } from '../../domain/partitioner.ts';
import { buildOutcomeReceipt } from '../../domain/receipt/build-outcome-receipt.ts';
import { digestOf } from '../../domain/receipt/build-receipt.ts';
import { formatSignature, signableText } from '../../domain/receipt/signature.ts';
import { MmmError } from '../../errors.ts';
import type { MmmEvent, MmmReceipt } from '../../generated/records.ts';
import type { Clock } from '../../pipeline/ports/clock.ts';
import type { RecordCodec } from '../../pipeline/ports/codec.ts';
import type { ActionOnFile, FoldedActor, Journal, OutcomeCommit, StoredOutcome } from '../../pipeline/ports/journal.ts';
import type { Metrics } from '../../pipeline/ports/metrics.ts';
import type { OutputRecord } from '../../pipeline/ports/records.ts';
import type { ReceiptSigner } from '../../pipeline/ports/signer.ts';
import type { SerialPerKey } from '../../pipeline/serial-per-key.ts';

export interface RecordOutcomeDeps {
  readonly journal: Pick<Journal, 'fold' | 'outcomeStanding' | 'commitOutcome'>;
  readonly codec: RecordCodec;
  readonly signer: ReceiptSigner;
  readonly ids: IdPort;
  readonly clock: Clock;
  /** As in DecideActorDeps. */
  readonly randomId: () => string;
  readonly newActorRef: (actorId: string) => { readonly key: Uint8Array; readonly ref: string };
  /** Partitions of `mmm.signals`: the shard of an actor is the partition of its key. */
  readonly partitions: number;
  readonly metrics: Metrics;
}

export interface RecordedOutcome {
  /** `repeated`: nothing was written, `outcome` is what was stored before. */
  readonly status: 'recorded' | 'repeated';
  readonly outcome: StoredOutcome;
}

/** Each lost round is a commit that somebody else won; one that loses so many meets a fault or a flood, and its sender may come again. */
const MAX_ROUNDS = 50;

/**
 * Records what became of an action (R-64, D-14, D-73): by topic and by HTTP alike. Only for an action of that decision, tenant and actor, only in an
 * order that makes sense (`sequenceOf`), once per outcome id. Caller's rights are the edge's to check, and `report.actorId` is who the edge says acts.
 *
 * Throws VALIDATION_ERROR, RESOURCE_NOT_FOUND (the same for what is not there and what is somebody else's, G7), CONFLICT, and what the journal throws.
 */
export const recordOutcome = async (deps: RecordOutcomeDeps, given: OutcomeReport): Promise<RecordedOutcome> => {
  const report = { ...given, reason: given.reason?.trim() === '' ? null : given.reason };
  const fault = outcomeFault(report, deps.clock.now());
  if (fault !== null) throw new MmmError('VALIDATION_ERROR', fault);
  const key = { tenantId: report.tenantId, actorId: report.actorId };
  for (let round = 0; round < MAX_ROUNDS; round++) {
    // The fold first: an outcome that comes between the two reads then makes the version wrong. The other way round two that contradict both won.
    const [actor] = await deps.journal.fold([key]);
    const { action, stored } = await deps.journal.outcomeStanding(report);
    if (stored !== null) return repeated(stored, report);
    if (actor === undefined || actor.version === 0 || action?.actorId !== report.actorId) throw unknown();
    const sequence = sequenceOf(action.outcomes, report);
    if (sequence.kind === 'conflict') throw new MmmError('CONFLICT', sequence.why);
    if (sequence.kind === 'said') return said(action, report);
    const commit = await commitOf(deps, report, action, actor);
    if ((await deps.journal.commitOutcome(commit)).status === 'committed') {
      count(deps.metrics, report, action);
      return { status: 'recorded', outcome: commit.outcome };
    }
  }
  throw new MmmError('DEPENDENCY_UNAVAILABLE', 'the journal of this actor is too busy');
};

export type RecordOutcome = (report: OutcomeReport) => Promise<RecordedOutcome>;

/**
 * `recordOutcome` for a whole process, by keys of actors: one outcome of an actor at a time. Each lost round is a fold, and with many at once the session that decides for
 * the actor would lose so many rounds that it ends; this way it meets one rival per process.
 */
export const createRecordOutcome =
  (deps: RecordOutcomeDeps, inTurn: SerialPerKey): RecordOutcome =>
  (report) =>
    inTurn(actorKeyText(report), () => recordOutcome(deps, report));

const unknown = (): MmmError =>
  new MmmError('RESOURCE_NOT_FOUND', 'there is no such action of this decision, tenant and actor');

/** The clock of a client that sends again may have moved, its words may be mended: what must be the same is what the outcome is about and says. */
const repeated = (stored: StoredOutcome, report: OutcomeReport): RecordedOutcome => {
  const isSame =
    stored.decisionId === report.decisionId &&
    stored.actionId === report.actionId &&
    stored.actorId === report.actorId &&
    stored.result === report.result;
  if (!isSame) throw new MmmError('CONFLICT', 'this outcome_id stands for another outcome');
  return { status: 'repeated', outcome: stored };
};

const said = (action: ActionOnFile, report: OutcomeReport): RecordedOutcome => {
  const outcome = action.outcomes.find((one) => one.result === report.result);
  if (outcome === undefined) throw new MmmError('INTERNAL_ERROR', 'what was said before is not there');
  return { status: 'repeated', outcome };
};

const count = (metrics: Metrics, { tenantId, result }: OutcomeReport, { actionType }: ActionOnFile): void => {
  metrics.count('mmm_outcomes_total', { tenant_id: tenantId, result });
  if (result === 'accepted')
    metrics.count('mmm_actions_accepted_total', { tenant_id: tenantId, action_type: actionType });
};

const commitOf = async (
  deps: RecordOutcomeDeps,
  report: OutcomeReport,
  action: ActionOnFile,
  actor: FoldedActor,
): Promise<OutcomeCommit> => {
  const { ids, clock } = deps;
  const recordedAtMs = clock.now();
  const entryId = outcomeEntryIdOf(ids, report.tenantId, report.outcomeId);
  const receiptId = receiptIdOf(ids, entryId, 'outcome');
  const newRef = actor.actorRef === null ? deps.newActorRef(report.actorId) : null;
  const chainBefore = actor.entries.at(-1)?.chain ?? '';
  const entry = outcomeEntryOf(ids, {
    report,
    advice: {
      playbookId: action.playbookId,
      actionType: action.actionType,
      subject: subjectOfAction(action, report.actionId),
    },
    version: actor.version + 1,
    recordedAtMs,
    chainBefore,
  });
  const receipt = await signed(
    deps.signer,
    buildOutcomeReceipt(
      {
        receiptId,
        report,
        decided: JSON.parse(action.receipt) as MmmReceipt,
        actorRef: actor.actorRef ?? newRef!.ref,
        playbookId: action.playbookId,
        playbookVersion: action.playbookVersion,
        actionType: action.actionType,
        stateDigest: digestOf(ids, { chain: chainBefore, profile: actor.profile }),
        stateChain: chainBefore,
        recordedAtMs,
        recordedAtMonotonicMs: Math.trunc(clock.monotonicMs()),
      },
      ids,
    ),
  );
  const { outcomeId, decisionId, actionId, actorId, result, reason, occurredAtMs } = report;
  const outcome = { outcomeId, decisionId, actionId, actorId, result, reason, occurredAtMs, recordedAtMs, receiptId };
  return {
    shard: partitionOf(actorKeyText(actor.key), deps.partitions),
    key: actor.key,
    version: actor.version,
    head: actor.head,
    newHead: deps.randomId(),
    newReceiptKey: newRef?.key ?? null,
    entry,
    outcome,
    receipt,
    outbox: outputsOf(deps, report, eventOf(ids, report, action, outcome, entryId), receipt),
  };
};

const signed = async (signer: ReceiptSigner, receipt: Readonly<Record<string, unknown>>): Promise<string> => {
  const text = signableText(receipt);
  const [signature = ''] = await signer.sign([text.unsigned]);
  return text.signed(formatSignature(signer.kid, signature));
};

/** Flat, as the schema has it; deliveries name the actor too, so nothing is told here that the topic's readers do not have. */
const eventOf = (
  ids: IdPort,
  report: OutcomeReport,
  action: ActionOnFile,
  outcome: StoredOutcome,
  entryId: string,
): MmmEvent => ({
  event_id: eventIdOf(ids, 'mmm.outcomes', entryId),
  tenant_id: report.tenantId,
  timestamp_utc: new Date(outcome.recordedAtMs).toISOString(),
  event_type: 'mmm.outcome',
  payload: {
    outcome_id: report.outcomeId,
    decision_id: report.decisionId,
    action_id: report.actionId,
    actor_id: report.actorId,
    result: report.result,
    reason: report.reason,
    occurred_at: new Date(report.occurredAtMs).toISOString(),
    playbook_id: action.playbookId,
    playbook_version: action.playbookVersion,
    action_type: action.actionType,
    receipt_id: outcome.receiptId,
  },
});

/** Both through the shard of the actor, whatever their keys: the outbox orders by shard, and the log partitions each topic by its own key. */
const outputsOf = (
  { codec }: RecordOutcomeDeps,
  report: OutcomeReport,
  event: MmmEvent,
  receipt: string,
): readonly OutputRecord[] => {
  const common = { 'mmm-tenant-id': report.tenantId, 'mmm-decision-id': report.decisionId };
  return [
    {
      topic: 'mmm.outcomes',
      key: encodeKeyPart(report.tenantId),
      value: codec.encode('mmm.outcomes', event),
      headers: { ...common, 'mmm-schema': codec.schemaHeader('mmm.outcomes') },
    },
    {
      topic: 'mmm.receipts',
      key: actorKeyText({ tenantId: report.tenantId, actorId: report.actorId }),
      value: Buffer.from(receipt, 'utf8'),
      headers: { ...common, 'mmm-schema': codec.schemaHeader('mmm.receipts') },
    },
  ];
};
