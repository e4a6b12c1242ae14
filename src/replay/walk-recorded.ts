import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import { type ActorProfile, type JournalEntry, RECENT_WINDOW_MS, type SignalEntry } from '../domain/actor-state.ts';
import type { ContextFacts } from '../domain/decision/planned.ts';
import type { MmmSignalInput } from '../generated/records.ts';
import type { Recorded } from './backtest/replay-actor.ts';
import type { DecisionRead, RecordedHistory, RecordedLine, Stretch } from './recorded-history.ts';

/** What a state can see of the past, and a day more, because decided_at may be ahead of occurred_at. */
const WARM_UP_MS = RECENT_WINDOW_MS + 24 * 3_600_000;

/**
 * Lines between two turns of the event loop, some milliseconds of planning. In one go over a whole piece the next one would not come nearer meanwhile: its
 * transaction is several round trips, and its rows stop coming when the socket is full and nobody reads.
 */
const LINES_PER_TURN = 100;

export interface SelectedLine extends RecordedLine {
  readonly entry: SignalEntry;
}

/** Told in the order of the journal, actor by actor. */
export interface RecordedVisitor {
  nextActor(actorId: string): void;
  /** An entry that is not selected: it only makes the state. */
  other(entry: JournalEntry): void;
  /** `recorded` null: no text of it is kept. */
  selected(line: SelectedLine, recorded: Recorded | null): void;
  /** After each piece, so that what needs the store can ask for many at once. `linesDone`: of those that `lineCount` counts. */
  piece(linesDone: number): Promise<void> | void;
}

export interface WalkRequest {
  readonly tenantId: string;
  readonly stretch: Stretch;
  /** Asked of signals; nothing before the stretch may be selected, because it comes without its texts. */
  readonly isSelected: (line: RecordedLine) => boolean;
}

const isSignal = (line: RecordedLine): line is SelectedLine => line.entry.kind === 'signal';

/** One pass over a tenant's journal that brings every selected signal with what was read for it. Memory is bounded by two pieces. */
export const walkRecorded = async (
  deps: { readonly history: Pick<RecordedHistory, 'lines'>; readonly noContext: ContextFacts },
  { tenantId, stretch, isSelected }: WalkRequest,
  visitor: RecordedVisitor,
): Promise<void> => {
  let actorId: string | null = null;
  let [done, sinceTurn] = [0, 0];
  const wide = { fromMs: stretch.fromMs - WARM_UP_MS, toMs: stretch.toMs };
  for await (const { lines, profiles, read } of deps.history.lines(tenantId, wide, stretch.fromMs)) {
    for (const line of lines) {
      if (line.actorId !== actorId) {
        actorId = line.actorId;
        visitor.nextActor(actorId);
      }
      if (isSignal(line) && isSelected(line)) {
        visitor.selected(line, recordedOf(line, profiles, deps.noContext));
      } else visitor.other(line.entry);
      sinceTurn += 1;
      if (sinceTurn < LINES_PER_TURN) continue;
      sinceTurn = 0;
      await turnOfTheEventLoop();
    }
    done += read;
    await visitor.piece(done);
  }
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
