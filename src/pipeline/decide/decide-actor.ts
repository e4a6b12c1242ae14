import { assemble } from '../../domain/decision/assemble.ts';
import { evolve, journalEntryOf } from '../../domain/decision/evolve.ts';
import { plan } from '../../domain/decision/plan.ts';
import type { ContextFacts, Plan } from '../../domain/decision/planned.ts';
import { traceOf } from '../../domain/decision/trace.ts';
import { actorKeyText, decisionIdOf, type IdPort, receiptIdOf } from '../../domain/ids.ts';
import { buildDecisionReceipt, digestOf } from '../../domain/receipt/build-receipt.ts';
import { canonicalJson } from '../../domain/receipt/canonical-json.ts';
import { bytesToSign, formatSignature } from '../../domain/receipt/signature.ts';
import type { TenantRules } from '../../domain/rules.ts';
import { isRetriable } from '../../errors.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import type { JournalEntry } from '../../domain/actor-state.ts';
import type { RecordCodec } from '../ports/codec.ts';
import type { ActorCommit, DecisionRow } from '../ports/journal.ts';
import type { OutputRecord } from '../ports/records.ts';
import type { ReceiptSigner } from '../ports/signer.ts';
import type { Standing } from './actor-memory.ts';
import { decisionRecords } from './decision-records.ts';

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

/** One actor's signals of a micro-batch, in order: plan, evolve, next (design 3.2 step 3). Writes nothing. */
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
  const outbox: OutputRecord[] = [];
  const decided: DecidedSignal[] = [];
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
      let row: DecisionRow | null = null;
      if (decisionId !== null && rules !== null) {
        const written = await writeDecision(deps, { signal, made, rules, decisionId, actorRef, decidedAt, state });
        row = written.row;
        outbox.push(...written.records);
      }
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
      decided.push({ signal, plan: made, decision: row });
    } catch (error) {
      if (isRetriable(error)) throw error;
      failed.push({ signal, error });
    }
  }

  const newHead = deps.randomId();
  return {
    commit: {
      key: standing.key,
      version: standing.version,
      head: standing.head,
      newHead,
      newReceiptKey: newRef?.key ?? null,
      entries,
      decisions: decided.flatMap((one) => (one.decision === null ? [] : [one.decision])),
      outbox,
    },
    next: { key: standing.key, version: standing.version + entries.length, head: newHead, actorRef, state },
    signals: decided,
    failed,
  };
};

const writeDecision = async (
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
): Promise<{ row: DecisionRow; records: OutputRecord[] }> => {
  const { signal, made, rules, decisionId, decidedAt } = facts;
  const receiptId = receiptIdOf(deps.ids, decisionId, 'decision');
  const trace = canonicalJson(traceOf(made));
  const stateDigest = digestOf(deps.ids, { chain: facts.state.chain, profile: facts.state.profile });
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
      stateDigest,
      degraded: false,
    },
    deps.ids,
  );
  const signature = Buffer.from(await deps.signer.sign(bytesToSign(unsigned))).toString('base64');
  const receipt = canonicalJson({ ...unsigned, signature: formatSignature(deps.signer.kid, signature) });
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
    row: {
      decisionId,
      signalId: signal.signal_id,
      decidedAtMs: decidedAt.ms,
      body: JSON.stringify(assembled.decision),
      trace,
      read: canonicalJson({
        signal,
        state_chain: facts.state.chain,
        profile: facts.state.profile,
        snapshot_hash: rules.snapshotHash,
        policy_version_ids: rules.policyVersionIds,
        decided_at_ms: decidedAt.ms,
      }),
      receiptId,
      receipt,
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
      receipt,
    ),
  };
};
