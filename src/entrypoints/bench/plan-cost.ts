import { createCelCompiler } from '../../adapters/cel/cel-compiler.ts';
import { uuidIds } from '../../adapters/ids/uuid-ids.ts';
import { type ActorState, emptyState } from '../../domain/actor-state.ts';
import { compileRules } from '../../domain/compile-rules.ts';
import { evolve, journalEntryOf } from '../../domain/decision/evolve.ts';
import { plan } from '../../domain/decision/plan.ts';
import type { TenantRules } from '../../domain/rules.ts';
import { MmmError } from '../../errors.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import { createNormaliser } from '../../pipeline/normalise/normalise-document.ts';
import { createSecretlintScanner } from '../../adapters/secrets/secretlint-scanner.ts';
import { NO_CONTEXT } from '../no-context.ts';
import { BENCH_PLAYBOOK, BENCH_POLICY } from './definitions.ts';
import { EVENT_TYPES, signalSource } from './signals.ts';
import { type Spread, spreadOf } from './statistics.ts';

export const PLAYBOOK_COUNTS = [10, 100, 1_000, 10_000] as const;

export interface PlanCost {
  readonly playbooks: number;
  readonly microseconds: Spread;
}

const ROUNDS = 7;
const SIGNALS_PER_ROUND = 4_000;
const WARM_UP_SIGNALS = 8_000;
/** What an actor's state holds when the measuring begins: planning reads it. */
const RECENT_SIGNALS = 20;

/** One playbook that matches; the others differ in event type, repository or severity, as a large tenant's do. */
export const playbooksOf = (count: number) =>
  Array.from({ length: count }, (_, at) => {
    if (at === 0) return { document: BENCH_PLAYBOOK, version: 1 };
    const eventType = EVENT_TYPES[at % EVENT_TYPES.length] ?? EVENT_TYPES[1];
    const trigger = {
      event_type: eventType,
      actor_types: ['human'],
      ...(eventType === EVENT_TYPES[0] ? { repos: [`team-${at}/*`] } : {}),
    };
    return { document: { ...BENCH_PLAYBOOK, id: `bench-${at}`, triggers: [trigger] }, version: 1 };
  });

/** Throws INTERNAL_ERROR for playbooks that do not compile. */
export const benchRules = (
  playbooks: readonly { readonly document: unknown; readonly version: number }[],
): TenantRules => {
  const compiled = compileRules({
    policy: BENCH_POLICY,
    policyVersion: 1,
    playbooks,
    conditions: createCelCompiler(),
    ids: uuidIds,
  });
  if (compiled.ok && compiled.skipped.length === 0) return compiled.rules;
  throw new MmmError('INTERNAL_ERROR', 'the playbooks of the benchmark do not compile');
};

export const signalsOf = async (nowMs: number): Promise<MmmSignalInput[]> => {
  const normaliser = createNormaliser({ ids: uuidIds, scanner: createSecretlintScanner() });
  const source = signalSource('plan', 'every');
  const signals: MmmSignalInput[] = [];
  for (let number = 0; number < SIGNALS_PER_ROUND; number++) {
    const raw = source.make(number, nowMs);
    const outcome = await normaliser.normalise('pm3', JSON.parse(raw.value), {
      origin: { topic: 'pm3.signals.normalized', partition: 0, offset: String(number) },
      recordTimestampMs: nowMs,
      receivedAtMs: nowMs,
      traceParent: null,
    });
    if (outcome.kind === 'rejected') throw new MmmError(outcome.code);
    signals.push(outcome.signal);
  }
  return signals;
};

export const stateAfter = (signals: readonly MmmSignalInput[], rules: TenantRules, decidedAtMs: number): ActorState => {
  let state = emptyState(null);
  signals.forEach((signal, at) => {
    const made = plan({ signal, state, rules, context: NO_CONTEXT, decidedAtMs, ids: uuidIds });
    const facts = { signal, plan: made, version: at + 1, decidedAtMs, decisionId: null, chainBefore: state.chain };
    state = evolve(state, journalEntryOf(uuidIds, facts));
  });
  return state;
};

/** `plan` alone: microseconds a signal with ever more playbooks of which one matches. The sizes take turns, so that all see the same machine. */
export const measurePlanCost = async (quick: boolean): Promise<readonly PlanCost[]> => {
  const nowMs = Date.now();
  const signals = await signalsOf(nowMs);
  const sizes = PLAYBOOK_COUNTS.map((playbooks) => {
    const rules = benchRules(playbooksOf(playbooks));
    return { playbooks, rules, state: stateAfter(signals.slice(0, RECENT_SIGNALS), rules, nowMs), us: [] as number[] };
  });
  const planAll = (rules: TenantRules, state: ActorState, count: number): void => {
    for (let at = 0; at < count; at++) {
      const signal = signals[at % signals.length]!;
      const made = plan({ signal, state, rules, context: NO_CONTEXT, decidedAtMs: nowMs, ids: uuidIds });
      if (made.actions.length !== 1)
        throw new MmmError('INTERNAL_ERROR', 'a plan of the benchmark has not its one action');
    }
  };
  for (const { rules, state } of sizes) planAll(rules, state, quick ? SIGNALS_PER_ROUND : WARM_UP_SIGNALS);
  for (let round = 0; round < (quick ? 3 : ROUNDS); round++) {
    for (const { rules, state, us } of sizes) {
      const started = process.cpuUsage();
      planAll(rules, state, SIGNALS_PER_ROUND);
      const { user, system } = process.cpuUsage(started);
      us.push((user + system) / SIGNALS_PER_ROUND);
    }
  }
  return sizes.map(({ playbooks, us }) => ({ playbooks, microseconds: spreadOf(us) }));
};
