import type { Plan } from '../../domain/decision/planned.ts';
import { endingOf, openedBy } from '../../domain/decision/subject-resolved.ts';
import { metBreakpoint } from '../../domain/decision/waiting-list.ts';
import type { IdPort } from '../../domain/ids.ts';
import { formatSignature } from '../../domain/receipt/signature.ts';
import { endedKeys } from '../../domain/resolution.ts';
import { MmmError } from '../../errors.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import type { RecordCodec } from '../ports/codec.ts';
import type { ClosedDeferral, DeferralRow } from '../ports/deferrals.ts';
import type { EndingRow, OpenMatterRow } from '../ports/endings.ts';
import type { ActorCommit, DecisionRow } from '../ports/journal.ts';
import type { OutputRecord } from '../ports/records.ts';
import type { ReceiptSigner } from '../ports/signer.ts';
import type { Standing } from './actor-memory.ts';
import type { PlannedActor, UnsignedDecision } from './decide-actor.ts';
import { receiptRecord } from './decision-records.ts';

export interface SealDeps {
  readonly ids: IdPort;
  readonly codec: RecordCodec;
  readonly signer: ReceiptSigner;
  /** Random, for heads: an actor is "at v" only if version and head match (design 3.2). */
  readonly randomId: () => string;
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
  readonly failed: PlannedActor['failed'];
}

/** The receipts of all these actors signed, in one question to the signer, and each actor's commit made of them. */
export const sealActors = async (deps: SealDeps, actors: readonly PlannedActor[]): Promise<readonly DecidedActor[]> => {
  const { signer } = deps;
  const texts = actors.flatMap(({ decided }) =>
    decided.flatMap(({ unsigned }) => (unsigned === null ? [] : [unsigned.receipt.unsigned])),
  );
  const signatures = texts.length === 0 ? [] : await signer.sign(texts);
  if (signatures.length !== texts.length) throw new MmmError('INTERNAL_ERROR', 'the signer left receipts unsigned');
  let next = 0;
  const receiptOf = ({ receipt }: UnsignedDecision): Uint8Array =>
    Buffer.from(receipt.signed(formatSignature(signer.kid, signatures[next++]!)), 'utf8');
  return actors.map((actor) => sealActor(deps, actor, receiptOf));
};

const sealActor = (
  deps: SealDeps,
  { standing, newRef, entries, state, decided, failed }: PlannedActor,
  receiptOf: (unsigned: UnsignedDecision) => Uint8Array,
): DecidedActor => {
  const newHead = deps.randomId();
  const outbox: OutputRecord[] = [];
  const decisions: DecisionRow[] = [];
  const signals = decided.map(({ signal, plan: made, unsigned }): DecidedSignal => {
    if (unsigned === null) return { signal, plan: made, decision: null };
    const receipt = receiptOf(unsigned);
    const decision = { ...unsigned.row, receipt };
    decisions.push(decision);
    outbox.push(...unsigned.records, receiptRecord(deps.codec, unsigned.records[0]!, receipt));
    return { signal, plan: made, decision };
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
      decisions,
      outbox,
      ...deferralsOf(signals),
      ...hastenedOf(standing.state, state),
      ...mattersOf(deps, signals, entries),
    },
    next: {
      key: standing.key,
      version: standing.version + entries.length,
      head: newHead,
      actorRef: standing.actorRef ?? newRef?.ref ?? null,
      state,
    },
    signals,
    failed,
  };
};

/** What the plans put off and what no longer waits, as rows; absent where there is none, which is nearly always. */
const deferralsOf = (signals: readonly DecidedSignal[]): Pick<ActorCommit, 'deferrals' | 'closedDeferrals'> => {
  const deferrals: DeferralRow[] = [];
  const closedDeferrals: ClosedDeferral[] = [];
  for (const { plan } of signals) {
    for (const { waiting, signal } of plan.upkeep?.deferred ?? []) {
      const { actionId, decisionId, attempt, dueMs, expiresMs } = waiting;
      deferrals.push({ actionId, decisionId, attempt, dueAtMs: dueMs, expiresAtMs: expiresMs, signal });
    }
    for (const { actionId, disposition } of plan.upkeep?.resolved ?? []) {
      const status = disposition === 'expired' || disposition === 'superseded' ? disposition : 'done';
      closedDeferrals.push({ actionId, status });
    }
  }
  return {
    ...(deferrals.length > 0 ? { deferrals } : {}),
    ...(closedDeferrals.length > 0 ? { closedDeferrals } : {}),
  };
};

/** What waited for a breakpoint and has met it. */
const hastenedOf = (before: Standing['state'], after: Standing['state']): Pick<ActorCommit, 'hastenedDeferrals'> => {
  const met = metBreakpoint(before.waiting, after.waiting);
  return met.length === 0
    ? {}
    : { hastenedDeferrals: met.map(({ actionId, dueMs }) => ({ actionId, dueAtMs: dueMs })) };
};

/** What others may end, and what these signals end of others; absent where there is none, which is nearly always. */
const mattersOf = (
  { ids }: Pick<SealDeps, 'ids'>,
  signals: readonly DecidedSignal[],
  entries: PlannedActor['entries'],
): Pick<ActorCommit, 'openMatters' | 'endings'> => {
  const openMatters: OpenMatterRow[] = [];
  const endings: EndingRow[] = [];
  signals.forEach(({ signal, plan }, at) => {
    for (const { key, sinceMs, untilMs } of openedBy(plan, entries[at]!.decidedAtMs)) {
      openMatters.push({ matter: matterDigest(ids, key), actorType: signal.actor_type, sinceMs, untilMs });
    }
    const ending = endingOf(signal);
    if (ending === null) return;
    for (const key of endedKeys(ending)) endings.push({ matter: matterDigest(ids, key), ending });
  });
  return {
    ...(openMatters.length > 0 ? { openMatters } : {}),
    ...(endings.length > 0 ? { endings } : {}),
  };
};

/** 128 bits: the tenant stands beside it, so nobody gains by two that are alike, and one more signal is all it would cost. */
const matterDigest = (ids: Pick<IdPort, 'sha256'>, key: string): string => ids.sha256(key).slice(0, 32);
