import type { ContextFacts } from '../../domain/decision/planned.ts';
import type { IdPort } from '../../domain/ids.ts';
import type { RecordedHistory, Stretch } from '../recorded-history.ts';
import { type SelectedLine, walkRecorded } from '../walk-recorded.ts';
import { BacktestTally } from './backtest-tally.ts';
import { ActorReplay, type ComparedRules, type Recorded, type ReplayedSignal } from './replay-actor.ts';

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
  /** So many lines there are to read, those before the stretch included. */
  readonly start?: (lines: number) => void;
  /** So many lines are done. */
  readonly done?: (lines: number) => void;
  readonly replayed?: (line: SelectedLine, replayed: ReplayedSignal) => void;
}

interface Sent {
  readonly line: SelectedLine;
  readonly replayed: ReplayedSignal;
}

/**
 * Plans every recorded signal of the stretch again, with its recorded moment, under two sets of rules (issue 4, part 9). Reads only: there is no way out of
 * here but the counts. Memory is bounded by two pieces of lines, one actor's states, and four numbers a person.
 */
export const runBacktest = async (
  deps: BacktestDeps,
  { tenantId, stretch, rules }: BacktestRequest,
  observer: BacktestObserver = {},
): Promise<BacktestTally> => {
  const tally = new BacktestTally(rules.playbookId);
  let actor = new ActorReplay(deps.ids, rules, '');
  let last: Recorded | null = null;
  let sent: Sent[] = [];
  // Of the piece before: answered while this one is planned.
  let answered: Promise<void> = Promise.resolve();
  // What is due when an actor's lines are over, or before its next one.
  const release = (untilMs: number): void => {
    if (last !== null) for (const made of actor.releaseOwn(untilMs, last)) tally.addReleased(made);
  };
  observer.start?.(await deps.history.lineCount(tenantId));
  await walkRecorded(
    deps,
    { tenantId, stretch, isSelected: ({ entry }) => entry.decidedAtMs >= stretch.fromMs },
    {
      nextActor: (actorId) => {
        release(stretch.toMs);
        actor = new ActorReplay(deps.ids, rules, actorId);
        last = null;
        tally.nextPerson();
      },
      other: (entry) => actor.take(entry),
      selected: (line, recorded) => {
        const { entry } = line;
        if (recorded === null) {
          actor.take(entry);
          tally.notReplayable += 1;
          return;
        }
        release(entry.decidedAtMs);
        last = recorded;
        const replayed = actor.replay(entry, recorded);
        tally.add(replayed);
        observer.replayed?.(line, replayed);
        if (entry.sent.some(({ playbookId }) => playbookId === rules.playbookId)) sent.push({ line, replayed });
      },
      piece: async (linesDone) => {
        const due = sent;
        sent = [];
        await answered;
        answered = addOutcomes(deps.history, tenantId, tally, due);
        // Awaited after the next piece, or never if that one can not be read: its failure is then the lesser news.
        answered.catch(() => undefined);
        observer.done?.(linesDone);
      },
    },
  );
  await answered;
  release(stretch.toMs);
  return tally;
};

const addOutcomes = async (
  history: RecordedHistory,
  tenantId: string,
  tally: BacktestTally,
  sent: readonly Sent[],
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
