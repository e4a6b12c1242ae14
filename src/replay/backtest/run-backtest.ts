import { type ActorProfile, RECENT_WINDOW_MS } from '../../domain/actor-state.ts';
import type { ContextFacts } from '../../domain/decision/planned.ts';
import type { IdPort } from '../../domain/ids.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import type { DecisionRead, RecordedHistory, RecordedLine, Stretch } from '../recorded-history.ts';
import { BacktestTally } from './backtest-tally.ts';
import { ActorReplay, type ComparedRules, type Recorded, type ReplayedSignal } from './replay-actor.ts';

/** What a state can see of the past, and a day more, because decided_at may be ahead of occurred_at. */
const WARM_UP_MS = RECENT_WINDOW_MS + 24 * 3_600_000;

export interface BacktestDeps {
  readonly history: RecordedHistory;
  readonly ids: IdPort;
  /** For what recorded none. */
  readonly noContext: ContextFacts;
}

export interface BacktestRequest {
  readonly tenantId: string;
  readonly stretch: Stretch;
  readonly rules: ComparedRules;
}

export interface BacktestObserver {
  /** So many lines there are to read, those of the warm-up included. */
  readonly start?: (lines: number) => void;
  /** So many lines are done. */
  readonly done?: (lines: number) => void;
  readonly replayed?: (line: RecordedLine, replayed: ReplayedSignal) => void;
}

/**
 * Plans every recorded signal of the stretch again, with its recorded moment, under two sets of rules (issue 4, part 9). Reads only: there is no way out of
 * here but the counts. Memory is bounded by one piece of lines and one actor's states.
 */
export const runBacktest = async (
  deps: BacktestDeps,
  { tenantId, stretch, rules }: BacktestRequest,
  observer: BacktestObserver = {},
): Promise<BacktestTally> => {
  const tally = new BacktestTally(rules.playbookId);
  let actor = { id: '', replay: new ActorReplay(deps.ids, rules, '') };
  let last: Recorded | null = null;
  // What is due when an actor's lines are over, or before its next one.
  const release = (untilMs: number): void => {
    if (last !== null) for (const made of actor.replay.releaseOwn(untilMs, last)) tally.addReleased(made);
  };
  let done = 0;
  const wide = { fromMs: stretch.fromMs - WARM_UP_MS, toMs: stretch.toMs };
  observer.start?.(await deps.history.count(tenantId, wide));
  for await (const piece of deps.history.lines(tenantId, wide)) {
    const profiles = await deps.history.profiles(tenantId, [...new Set(piece.map(({ actorId }) => actorId))]);
    const withOutcome: { readonly line: RecordedLine; readonly replayed: ReplayedSignal }[] = [];
    for (const line of piece) {
      if (actor.id !== line.actorId) {
        release(stretch.toMs);
        actor = { id: line.actorId, replay: new ActorReplay(deps.ids, rules, line.actorId) };
        last = null;
        tally.nextPerson();
      }
      const { entry } = line;
      const replayable = entry.kind === 'signal' && entry.decidedAtMs >= stretch.fromMs;
      const recorded = replayable ? recordedOf(line, profiles, deps.noContext) : null;
      if (recorded === null || entry.kind !== 'signal') {
        actor.replay.take(entry);
        if (replayable) tally.notReplayable += 1;
        continue;
      }
      release(entry.decidedAtMs);
      last = recorded;
      const replayed = actor.replay.replay(entry, recorded);
      tally.add(replayed);
      observer.replayed?.(line, replayed);
      if (entry.sent.some(({ playbookId }) => playbookId === rules.playbookId)) withOutcome.push({ line, replayed });
    }
    await addOutcomes(deps.history, tenantId, tally, withOutcome);
    done += piece.length;
    observer.done?.(done);
  }
  release(stretch.toMs);
  return tally;
};

/** The signal and the profile: of a decision those that it read, else the profile of today. Null: no text of it is kept. */
export const recordedOf = (
  line: RecordedLine,
  profiles: ReadonlyMap<string, ActorProfile>,
  noContext: ContextFacts,
): Recorded | null => {
  if (line.read !== null) {
    const { signal, profile, context, originals, original_contexts } = JSON.parse(line.read) as DecisionRead;
    return {
      signal,
      profile,
      context: context ?? noContext,
      ...(originals === undefined ? {} : { originals }),
      ...(original_contexts === undefined ? {} : { originalContexts: original_contexts }),
    };
  }
  if (line.signal === null) return null;
  const signal = JSON.parse(line.signal) as MmmSignalInput;
  return { signal, profile: profiles.get(line.actorId) ?? null, context: noContext };
};

const addOutcomes = async (
  history: RecordedHistory,
  tenantId: string,
  tally: BacktestTally,
  sent: readonly { readonly line: RecordedLine; readonly replayed: ReplayedSignal }[],
): Promise<void> => {
  if (sent.length === 0) return;
  const actorIds = [...new Set(sent.map(({ line }) => line.actorId))];
  const decisionIds = sent.flatMap(({ line }) => line.entry.decisionId ?? []);
  const reported = Map.groupBy(
    await history.outcomes(tenantId, { actorIds, decisionIds }),
    ({ decisionId }) => decisionId,
  );
  for (const { line, replayed } of sent) {
    tally.addOutcomes(replayed, reported.get(line.entry.decisionId ?? '') ?? []);
  }
};
