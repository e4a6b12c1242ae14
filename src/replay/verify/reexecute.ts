import type { ActorState, JournalEntry, SignalEntry } from '../../domain/actor-state.ts';
import { assemble, type DeliveryTopic } from '../../domain/decision/assemble.ts';
import { foldEntries } from '../../domain/decision/evolve.ts';
import type { ContextFacts, Plan } from '../../domain/decision/planned.ts';
import type { IdPort } from '../../domain/ids.ts';
import type { TenantRules } from '../../domain/rules.ts';
import type { MmmDecision, MmmDelivery, MmmSignalInput } from '../../generated/records.ts';
import { planActor, type UnsignedDecision } from '../../pipeline/decide/decide-actor.ts';
import type { RecordCodec } from '../../pipeline/ports/codec.ts';
import type { DecisionRead } from '../recorded-history.ts';
import { FOLD_WINDOW_MS } from './judge-journal.ts';
import type { Difference } from './verdict.ts';

export interface ReexecuteInput {
  readonly read: DecisionRead;
  readonly rules: TenantRules;
  readonly actorRef: string;
  /** Of the decision's own entry. */
  readonly version: number;
  /** Below that version, oldest first. */
  readonly entries: readonly JournalEntry[];
}

export type RemadeOutput =
  | { readonly id: string; readonly topic: 'mmm.decisions'; readonly value: MmmDecision }
  | { readonly id: string; readonly topic: DeliveryTopic; readonly value: MmmDelivery };

export interface Remade {
  readonly unsigned: UnsignedDecision;
  readonly plan: Plan;
  readonly entry: SignalEntry;
  /** What `unsigned.records` say, one for one: the decision, then its deliveries. */
  readonly outputs: readonly RemadeOutput[];
}

const programDiffers = (meaning: string): Difference => ({
  what: 'decision (recomputed)',
  expected: null,
  found: null,
  meaning,
});

/** As a fold at that moment would have given it; the digest of it in the receipt is checked before. */
const stateBelow = ({ read, entries }: ReexecuteInput): ActorState => {
  const seen = entries.filter(({ decidedAtMs }) => decidedAtMs >= read.decided_at_ms - FOLD_WINDOW_MS);
  return { ...foldEntries(read.profile, seen), chain: read.state_chain };
};

/** The stage DECIDE itself, with everything it would ask anybody for taken from what was recorded. Pure; writes nothing. */
export const reexecute = (
  deps: { readonly ids: IdPort; readonly codec: RecordCodec },
  input: ReexecuteInput,
): Remade | Difference => {
  const { read, rules, actorRef, version } = input;
  const { signal } = read;
  const contexts = new Map<string, ContextFacts | undefined>([[signal.signal_id, read.context]]);
  const originals = new Map<string, MmmSignalInput>(Object.entries(read.originals ?? {}));
  for (const [actionId, original] of originals)
    contexts.set(original.signal_id, read.original_contexts?.[actionId] ?? read.context);
  const made = planActor(
    {
      ...deps,
      newActorRef: () => ({ key: new Uint8Array(), ref: actorRef }),
      contextOf: (one) => contexts.get(one.signal_id) ?? NOTHING_KNOWN,
    },
    {
      key: { tenantId: signal.tenant_id, actorId: signal.actor_id ?? '' },
      version: version - 1,
      head: '',
      actorRef,
      state: stateBelow(input),
    },
    [signal],
    rules,
    { ms: read.decided_at_ms, monotonicMs: read.decided_at_monotonic_ms ?? 0 },
    originals,
  );
  const [failure] = made.failed;
  if (failure !== undefined)
    return programDiffers(`this program fails on the recorded inputs: ${String(failure.error)}`);
  const [decided] = made.decided;
  const [entry] = made.entries;
  if (decided === undefined || entry === undefined || decided.unsigned === null)
    return programDiffers(
      `from the recorded inputs this program makes no decision (${decided?.plan.result ?? 'none'})`,
    );
  const { unsigned, plan } = decided;
  const { decisionId, receiptId, decidedAtMs } = unsigned.row;
  const { decision, deliveries } = assemble({
    ...{ signal, plan, rules, decisionId, receiptId, decidedAtMs },
    ids: deps.ids,
  });
  const outputs: RemadeOutput[] = [
    { id: decision.decision_id, topic: 'mmm.decisions', value: decision },
    ...deliveries.map(({ topic, delivery }) => ({ id: delivery.delivery_id, topic, value: delivery })),
  ];
  return { unsigned, plan, entry, outputs };
};

/** Decisions of releases that recorded none. */
const NOTHING_KNOWN: ContextFacts = { incidentActive: false, freezeActive: false, onCall: false };
