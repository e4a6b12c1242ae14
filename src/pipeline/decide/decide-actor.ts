import { assemble } from '../../domain/decision/assemble.ts';
import { evolve, journalEntryOf } from '../../domain/decision/evolve.ts';
import { plan } from '../../domain/decision/plan.ts';
import { isDeferralDue } from '../../domain/decision/release.ts';
import type { ContextFacts, Plan, PlanInput } from '../../domain/decision/planned.ts';
import { traceOf } from '../../domain/decision/trace.ts';
import { actorKeyText, decisionIdOf, type IdPort, receiptIdOf } from '../../domain/ids.ts';
import { buildDecisionReceipt, digestOf } from '../../domain/receipt/build-receipt.ts';
import { canonicalJson } from '../../domain/receipt/canonical-json.ts';
import { type SignableText, signableText } from '../../domain/receipt/signature.ts';
import type { TenantRules } from '../../domain/rules.ts';
import { isRetriable } from '../../errors.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import type { SignalEntry } from '../../domain/actor-state.ts';
import type { RecordCodec } from '../ports/codec.ts';
import type { DecisionRow } from '../ports/journal.ts';
import type { OutputRecord } from '../ports/records.ts';
import type { Standing } from './actor-memory.ts';
import { decisionRecords } from './decision-records.ts';

export interface DecideActorDeps {
  readonly ids: IdPort;
  readonly codec: RecordCodec;
  /** A new receipt key and the reference that it gives this actor. */
  readonly newActorRef: (actorId: string) => { readonly key: Uint8Array; readonly ref: string };
  /** Of this round: loaded for all its tenants before the first is planned. */
  readonly contextOf: (signal: MmmSignalInput) => ContextFacts;
}

/** `decided_at` of a micro-batch: wall and monotonic clock read together, once. */
export interface DecidedAt {
  readonly ms: number;
  readonly monotonicMs: number;
}

/** A decision whose content is whole but for the signature: what can fail on content has been done. */
export interface UnsignedDecision {
  readonly row: Omit<DecisionRow, 'receipt'>;
  readonly records: readonly OutputRecord[];
  readonly receipt: SignableText;
}

/** An actor's signals, planned. Only the signatures are missing, which decide nothing. */
export interface PlannedActor {
  readonly standing: Standing;
  readonly newRef: { readonly key: Uint8Array; readonly ref: string } | null;
  readonly entries: readonly SignalEntry[];
  readonly state: Standing['state'];
  readonly decided: readonly {
    readonly signal: MmmSignalInput;
    readonly plan: Plan;
    readonly unsigned: UnsignedDecision | null;
  }[];
  /** Signals that a fault of ours made undecidable alone: they go to the dead letters, the others go on. */
  readonly failed: readonly { readonly signal: MmmSignalInput; readonly error: unknown }[];
}

/** One actor's signals of a micro-batch, in order: plan, evolve, next (design 3.2 step 3). Writes nothing, waits for nothing. */
export const planActor = (
  deps: DecideActorDeps,
  standing: Standing,
  signals: readonly MmmSignalInput[],
  rules: TenantRules | null,
  decidedAt: DecidedAt,
  originals: ReadonlyMap<string, MmmSignalInput> = NONE,
): PlannedActor => {
  const newRef = standing.actorRef === null ? deps.newActorRef(standing.key.actorId) : null;
  const actorRef = standing.actorRef ?? newRef!.ref;
  const entries: SignalEntry[] = [];
  const decided: { signal: MmmSignalInput; plan: Plan; unsigned: UnsignedDecision | null }[] = [];
  const failed: { signal: MmmSignalInput; error: unknown }[] = [];
  let state = standing.state;

  for (const signal of signals) {
    try {
      const context = deps.contextOf(signal);
      const due = isDeferralDue(signal) ? dueInputs(deps, state, originals) : {};
      const made = plan({
        signal,
        state,
        rules,
        context,
        decidedAtMs: decidedAt.ms,
        ids: deps.ids,
        ...due,
      });
      const decisionId = made.result === 'decided' ? decisionIdOf(deps.ids, signal.signal_id) : null;
      const unsigned =
        decisionId === null || rules === null
          ? null
          : prepareDecision(deps, { signal, made, rules, context, decisionId, actorRef, decidedAt, state, ...due });
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
  return { standing, newRef, entries, state, decided, failed };
};

const NONE: ReadonlyMap<string, MmmSignalInput> = new Map();

type DueInputs = Pick<PlanInput, 'originals' | 'originalContexts'>;

/** By action id of the waiting candidate, in the order they waited: with them the release can be planned again (G3). */
const dueInputs = (
  deps: Pick<DecideActorDeps, 'contextOf'>,
  { waiting }: Standing['state'],
  originals: ReadonlyMap<string, MmmSignalInput>,
): DueInputs => {
  const own = waiting.flatMap(({ actionId }) => {
    const signal = originals.get(actionId);
    return signal === undefined ? [] : [[actionId, signal] as const];
  });
  return {
    originals: new Map(own),
    originalContexts: new Map(own.map(([actionId, signal]) => [actionId, deps.contextOf(signal)])),
  };
};

const dueRead = ({ originals, originalContexts }: DueInputs): object =>
  originals === undefined
    ? {}
    : {
        originals: Object.fromEntries(originals),
        original_contexts: Object.fromEntries(originalContexts ?? []),
      };

const prepareDecision = (
  deps: DecideActorDeps,
  facts: {
    signal: MmmSignalInput;
    made: Plan;
    rules: TenantRules;
    context: ContextFacts;
    decisionId: string;
    actorRef: string;
    decidedAt: DecidedAt;
    state: Standing['state'];
  } & DueInputs,
): UnsignedDecision => {
  const { signal, made, rules, decisionId, decidedAt } = facts;
  const receiptId = receiptIdOf(deps.ids, decisionId, 'decision');
  const trace = canonicalJson(traceOf(made));
  const read = JSON.stringify({
    signal,
    context: facts.context,
    state_chain: facts.state.chain,
    profile: facts.state.profile,
    snapshot_hash: rules.snapshotHash,
    policy_version_ids: rules.policyVersionIds,
    decided_at_ms: decidedAt.ms,
    decided_at_monotonic_ms: decidedAt.monotonicMs,
    ...rules.recorded,
    ...dueRead(facts),
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
