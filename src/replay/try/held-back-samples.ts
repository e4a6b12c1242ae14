import { type ActorState, emptyState } from '../../domain/actor-state.ts';
import { evolve } from '../../domain/decision/evolve.ts';
import type { ContextFacts } from '../../domain/decision/planned.ts';
import { explain, type ExplainedAction, type ExplainedPlaybook } from '../../domain/explain/explain.ts';
import type { Reader } from '../../domain/explain/change-words.ts';
import type { IdPort } from '../../domain/ids.ts';
import type { ConditionDissector } from '../../domain/playbook/condition-dissector.ts';
import type { TenantRules } from '../../domain/rules.ts';
import { firstZone } from '../../domain/time/zones.ts';
import type { MmmDecision, MmmSignalInput } from '../../generated/records.ts';
import type { ActorCommit } from '../../pipeline/ports/journal.ts';
import type { DecisionRead } from '../recorded-history.ts';
import { NOT_ABOUT } from './tally.ts';

/** What goes on from an earlier one is that one again: its own explanation is of its first look. */
const ENDS = new Set(['suppressed', 'deferred']);

/** A nudge that was held back, with the state as it was when it was decided. States are immutable, so that keeping one costs a reference. */
interface Sample {
  readonly actorId: string;
  readonly state: ActorState;
  readonly read: DecisionRead;
  readonly decidedAtMs: number;
  readonly playbookId: string;
  readonly actionType: string;
}

export interface ExplainedHold {
  readonly actorId: string;
  readonly signal: MmmSignalInput;
  readonly reader: Reader;
  readonly playbook: ExplainedPlaybook;
  /** The one that was held back. */
  readonly action: ExplainedAction;
}

export interface ExplainHoldDeps {
  readonly rules: TenantRules;
  readonly conditions: ConditionDissector;
  readonly context: ContextFacts;
  readonly ids: IdPort;
}

/** Keeps, of each reason, the latest nudges that it held back. */
export class HeldBackSamples {
  readonly #states = new Map<string, ActorState>();
  readonly #byReason = new Map<string, { count: number; readonly latest: Sample[] }>();
  readonly #each: number;
  readonly #sinceMs: number;

  constructor(each: number, sinceMs: number) {
    this.#each = each;
    this.#sinceMs = sinceMs;
  }

  add({ key: { actorId }, entries, decisions }: Pick<ActorCommit, 'key' | 'entries' | 'decisions'>): void {
    const rows = new Map(decisions.map((row) => [row.decisionId, row]));
    let state = this.#states.get(actorId) ?? emptyState(null);
    for (const entry of entries) {
      const row = rows.get(entry.decisionId ?? '');
      if (row !== undefined && row.decidedAtMs >= this.#sinceMs) {
        const { candidates } = JSON.parse(row.body) as MmmDecision;
        const held = candidates.filter(
          (one) => one.continues === null && ENDS.has(one.disposition) && !NOT_ABOUT.has(one.reason_code),
        );
        for (const one of held) {
          this.#keep(one.reason_code, {
            ...{ actorId, state, decidedAtMs: row.decidedAtMs, read: JSON.parse(row.read) as DecisionRead },
            ...{ playbookId: one.playbook_id, actionType: one.action_type },
          });
        }
      }
      state = evolve(state, entry);
    }
    this.#states.set(actorId, state);
  }

  /** So many, the commonest reasons first and each reason once before any comes twice, each explained as of its own moment. */
  explained(count: number, deps: ExplainHoldDeps): ExplainedHold[] {
    const reasons = [...this.#byReason].sort(([a, one], [b, other]) => other.count - one.count || (a < b ? -1 : 1));
    const inTurn = Array.from({ length: this.#each }, (_, turn) =>
      reasons.flatMap(([, { latest }]) => latest[latest.length - 1 - turn] ?? []),
    ).flat();
    return inTurn.slice(0, count).flatMap((sample) => explainSample(sample, deps));
  }

  #keep(reason: string, sample: Sample): void {
    const kept = this.#byReason.get(reason) ?? { count: 0, latest: [] };
    kept.count += 1;
    kept.latest.push(sample);
    if (kept.latest.length > this.#each) kept.latest.shift();
    this.#byReason.set(reason, kept);
  }
}

const explainSample = (sample: Sample, { rules, conditions, context, ids }: ExplainHoldDeps): ExplainedHold[] => {
  const { signal, profile } = sample.read;
  const state = { ...sample.state, profile };
  const input = { signal, state, rules, context, decidedAtMs: sample.decidedAtMs, ids };
  const playbook = explain(input, conditions).playbooks.find((one) => one.playbookId === sample.playbookId);
  const action = playbook?.actions.find((one) => one.type === sample.actionType && one.disposition !== 'delivered');
  if (playbook === undefined || action === undefined) return [];
  const zone = firstZone(profile?.timeZone ?? null, rules.policy.timeZone);
  return [{ actorId: sample.actorId, signal, reader: { zone, nowMs: sample.decidedAtMs }, playbook, action }];
};
