import { assemble } from '../../domain/decision/assemble.ts';
import { evolve, journalEntryOf } from '../../domain/decision/evolve.ts';
import { plan } from '../../domain/decision/plan.ts';
import type { ContextFacts, Plan } from '../../domain/decision/planned.ts';
import { traceOf } from '../../domain/decision/trace.ts';
import { actorKeyText, decisionIdOf, type IdPort, receiptIdOf } from '../../domain/ids.ts';
import { buildDecisionReceipt, digestOf } from '../../domain/receipt/build-receipt.ts';
import { canonicalJson } from '../../domain/receipt/canonical-json.ts';
import { formatSignature, type SignableText, signableText } from '../../domain/receipt/signature.ts';
import type { TenantRules } from '../../domain/rules.ts';
import { isRetriable } from '../../errors.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import type { JournalEntry } from '../../domain/actor-state.ts';
import type { RecordCodec } from '../ports/codec.ts';
import type { ActorCommit, DecisionRow } from '../ports/journal.ts';
import type { OutputRecord } from '../ports/records.ts';
import type { ReceiptSigner } from '../ports/signer.ts';
import type { Standing } from './actor-memory.ts';
import { decisionRecords, receiptRecord } from './decision-records.ts';

export interface DecideActorDeps {
  readonly ids: IdPort;
  readonly codec: RecordCodec;
  readonly signer: ReceiptSigner;
  /** Random, for heads: an actor is "at v" only if version and head match (design 3.2). */
  readonly randomId: () => string;
  /** A new receipt key and the reference that it gives this actor. */
  readonly newActorRef: (actorId: string) => { readonly key: Uint8Array; readonly ref: string };
  readonly contextOf: (signal: MmmSignalInput) => ContextFacts;
}

/** `decided_at` of a micro-batch: wall and monotonic clock read together, once. */
export interface DecidedAt {
  readonly ms: number;
  readonly monotonicMs: number;
}

export interface DecidedSignal {
  readonly signal: MmmSignalInput;
  readonly plan: Plan;
  readonly decision: DecisionRow | null;
}

export interface DecidedActor {
  readonly commit: ActorCommit;
  readonly next: Standing;
  readonly signals: readonly DecidedSignal[];
  /** Signals that a fault of ours made undecidable alone: they go to the dead letters, the others go on. */
  readonly failed: readonly { readonly signal: MmmSignalInput; readonly error: unknown }[];
}

/** A decision whose content is whole but for the signature: what can fail on content has been done. */
interface UnsignedDecision {
  readonly row: Omit<DecisionRow, 'receipt'>;
  readonly records: readonly OutputRecord[];
  readonly receipt: SignableText;
}

/**
 * One actor's signals of a micro-batch, in order: plan, evolve, next (design 3.2 step 3). Writes nothing. Plans before it first waits, so that the
 * caller can tell the work from the waiting; then waits for the signatures, which decide nothing, of all its decisions at once.
 */
export const decideActor = async (
  deps: DecideActorDeps,
  standing: Standing,
  signals: readonly MmmSignalInput[],
  rules: TenantRules | null,
  decidedAt: DecidedAt,
): Promise<DecidedActor> => {
  const newRef = standing.actorRef === null ? deps.newActorRef(standing.key.actorId) : null;
  const actorRef = standing.actorRef ?? newRef!.ref;
  const entries: JournalEntry[] = [];
  const decided: { signal: MmmSignalInput; plan: Plan; unsigned: UnsignedDecision | null }[] = [];
  const failed: { signal: MmmSignalInput; error: unknown }[] = [];
  let state = standing.state;

  for (const signal of signals) {
    try {
      const made = plan({
        signal,
        state,
        rules,
        context: deps.contextOf(signal),
        decidedAtMs: decidedAt.ms,
        ids: deps.ids,
      });
      const decisionId = made.result === 'decided' ? decisionIdOf(deps.ids, signal.signal_id) : null;
      const unsigned =
        decisionId === null || rules === null
          ? null
          : prepareDecision(deps, { signal, made, rules, decisionId, actorRef, decidedAt, state });
      const entry = journalEntryOf(deps.ids, {
        signal,
        plan: made,
        version: standing.version + entries.length + 1,
        decidedAtMs: decidedAt.ms,
        decisionId,
        chainBefore: state.chain,
      });
      state = evolve(state, entry);
      entries.push(entry);
      decided.push({ signal, plan: made, unsigned });
    } catch (error) {
      if (isRetriable(error)) throw error;
      failed.push({ signal, error });
    }
  }

  const newHead = deps.randomId();
  const outbox: OutputRecord[] = [];
  const signed: DecidedSignal[] = [];
  const receipts = await Promise.all(
    decided.map(({ unsigned }) => (unsigned === null ? Promise.resolve(null) : sign(deps.signer, unsigned.receipt))),
  );
  decided.forEach(({ signal, plan: made, unsigned }, at) => {
    const receipt = receipts[at];
    if (unsigned === null || receipt === null || receipt === undefined) {
      signed.push({ signal, plan: made, decision: null });
      return;
    }
    signed.push({ signal, plan: made, decision: { ...unsigned.row, receipt } });
    outbox.push(...unsigned.records, receiptRecord(deps.codec, unsigned.records[0]!, receipt));
  });
  return {
    commit: {
      key: standing.key,
      version: standing.version,
      head: standing.head,
      newHead,
      newReceiptKey: newRef?.key ?? null,
      entries,
      recorded: decided.map(({ signal, unsigned }) => (unsigned === null ? JSON.stringify(signal) : null)),
      decisions: signed.flatMap((one) => (one.decision === null ? [] : [one.decision])),
      outbox,
    },
    next: { key: standing.key, version: standing.version + entries.length, head: newHead, actorRef, state },
    signals: signed,
    failed,
  };
};

const sign = async (signer: ReceiptSigner, receipt: SignableText): Promise<Uint8Array> => {
  const signature = await signer.sign(Buffer.from(receipt.unsigned, 'utf8'));
  return Buffer.from(receipt.signed(formatSignature(signer.kid, Buffer.from(signature).toString('base64'))), 'utf8');
};

const prepareDecision = (
  deps: DecideActorDeps,
  facts: {
    signal: MmmSignalInput;
    made: Plan;
    rules: TenantRules;
    decisionId: string;
    actorRef: string;
    decidedAt: DecidedAt;
    state: Standing['state'];
  },
): UnsignedDecision => {
  const { signal, made, rules, decisionId, decidedAt } = facts;
  const receiptId = receiptIdOf(deps.ids, decisionId, 'decision');
  const trace = canonicalJson(traceOf(made));
  const read = JSON.stringify({
    signal,
    state_chain: facts.state.chain,
    profile: facts.state.profile,
    snapshot_hash: rules.snapshotHash,
    policy_version_ids: rules.policyVersionIds,
    decided_at_ms: decidedAt.ms,
  });
  const unsigned = buildDecisionReceipt(
    {
      receiptId,
      decisionId,
      signal,
      plan: made,
      rules,
      actorRef: facts.actorRef,
      decidedAtMs: decidedAt.ms,
      decidedAtMonotonicMs: decidedAt.monotonicMs,
      traceDigest: `sha256:${deps.ids.sha256(trace)}`,
      readDigest: `sha256:${deps.ids.sha256(read)}`,
      stateDigest: digestOf(deps.ids, { chain: facts.state.chain, profile: facts.state.profile }),
      degraded: false,
    },
    deps.ids,
  );
  const receipt = signableText(unsigned);
  const assembled = assemble({
    signal,
    plan: made,
    rules,
    ids: deps.ids,
    decisionId,
    receiptId,
    decidedAtMs: decidedAt.ms,
  });
  return {
    receipt,
    row: {
      decisionId,
      signalId: signal.signal_id,
      decidedAtMs: decidedAt.ms,
      body: JSON.stringify(assembled.decision),
      trace,
      read,
      receiptId,
      actions: made.actions.map((action) => ({
        actionId: action.actionId,
        playbookId: action.playbookId,
        playbookVersion: action.playbookVersion,
        actionType: action.type,
        payloadHash: action.payloadHash,
      })),
    },
    records: decisionRecords(
      deps.codec,
      actorKeyText({ tenantId: signal.tenant_id, actorId: signal.actor_id ?? '' }),
      signal,
      assembled,
      Buffer.byteLength(receipt.unsigned),
    ),
  };
};
