import { uuidIds } from '../../adapters/ids/uuid-ids.ts';
import { type ActorState, emptyState } from '../../domain/actor-state.ts';
import { evolve, journalEntryOf } from '../../domain/decision/evolve.ts';
import { plan } from '../../domain/decision/plan.ts';
import type { TenantRules } from '../../domain/rules.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import { NO_CONTEXT } from '../no-context.ts';
import { BENCH_PLAYBOOK } from './definitions.ts';
import { benchRules, playbooksOf, signalsOf, stateAfter } from './plan-cost.ts';
import { percentile, type Spread, spreadOf } from './statistics.ts';

/** Issue 4: `plan` with 200 playbooks, and the whole chain without stores on one core. */
export const PLAN_P99_AIM_MS = 1;
export const SIGNALS_PER_SECOND_AIM = 20_000;
const PLAYBOOKS = 200;

export interface PlanP99 {
  readonly playbooks: number;
  readonly matching: number;
  /**
   * By the clock, a value a round. The thread's own time is counted in ticks of some ms, so it can not tell one plan: on a shared machine the least of
   * the rounds is the one to read.
   */
  readonly ms: Spread;
}

export interface PlanSpeed {
  readonly p99: readonly PlanP99[];
  readonly signalsPerSecond: Spread;
}

const ROUNDS = 7;
const SAMPLES = 2_000;
const RECENT_SIGNALS = 20;
const ACTORS = 200;

/** So many of the playbooks look at every signal; each then has its condition, texts and gates. */
const withMatching = (matching: number): TenantRules =>
  benchRules([
    ...Array.from({ length: matching }, (_, at) => ({
      document: { ...BENCH_PLAYBOOK, id: `match-${at}` },
      version: 1,
    })),
    ...playbooksOf(PLAYBOOKS - matching + 1).slice(1),
  ]);

const p99Of = (rules: TenantRules, signals: readonly MmmSignalInput[], nowMs: number, rounds: number): Spread => {
  const state = stateAfter(signals.slice(0, RECENT_SIGNALS), rules, nowMs);
  const round = (): number =>
    percentile(
      Array.from({ length: SAMPLES }, (_, at) => {
        const signal = signals[at % signals.length]!;
        const started = performance.now();
        plan({ signal, state, rules, context: NO_CONTEXT, decidedAtMs: nowMs, ids: uuidIds });
        return performance.now() - started;
      }),
      0.99,
    );
  round();
  return spreadOf(Array.from({ length: rounds }, round));
};

/** Everything between a signal and its commit but encoding and signing: plan, entry, state, over many actors. Signals a second of CPU time. */
const chainOf = (rules: TenantRules, signals: readonly MmmSignalInput[], nowMs: number): number => {
  const states = new Map<number, ActorState>();
  const started = process.cpuUsage();
  signals.forEach((signal, at) => {
    const state = states.get(at % ACTORS) ?? emptyState(null);
    const made = plan({ signal, state, rules, context: NO_CONTEXT, decidedAtMs: nowMs, ids: uuidIds });
    const facts = {
      signal,
      plan: made,
      version: at + 1,
      decidedAtMs: nowMs,
      decisionId: null,
      chainBefore: state.chain,
    };
    states.set(at % ACTORS, evolve(state, journalEntryOf(uuidIds, facts)));
  });
  const { user, system } = process.cpuUsage(started);
  return signals.length / ((user + system) / 1e6);
};

export const measurePlanSpeed = async (quick: boolean): Promise<PlanSpeed> => {
  const nowMs = Date.now();
  const signals = await signalsOf(nowMs);
  const rounds = quick ? 3 : ROUNDS;
  const p99 = [1, PLAYBOOKS / 10].map((matching) => ({
    playbooks: PLAYBOOKS,
    matching,
    ms: p99Of(withMatching(matching), signals, nowMs, rounds),
  }));
  const rules = withMatching(1);
  chainOf(rules, signals, nowMs);
  const rates = Array.from({ length: rounds }, () => chainOf(rules, signals, nowMs));
  return { p99, signalsPerSecond: spreadOf(rates) };
};
