import { type ActorProfile, type JournalEntry, RECENT_WINDOW_MS, type SignalEntry } from '../domain/actor-state.ts';
import type { ContextFacts } from '../domain/decision/planned.ts';
import { recordedOf } from './backtest/run-backtest.ts';
import type { Recorded } from './backtest/replay-actor.ts';
import type { RecordedHistory, RecordedLine, Stretch } from './recorded-history.ts';

/** What a state can see of the past, and a day more, because decided_at may be ahead of occurred_at. */
const WARM_UP_MS = RECENT_WINDOW_MS + 24 * 3_600_000;

export interface SelectedLine extends RecordedLine {
  readonly entry: SignalEntry;
}

/** Told in the order of the journal, actor by actor. */
export interface RecordedVisitor {
  nextActor(): void;
  /** An entry that is not selected: it only makes the state. */
  other(entry: JournalEntry): void;
  /** `recorded` null: no text of it is kept. */
  selected(line: SelectedLine, recorded: Recorded | null): void;
  /** After each piece, so that what needs the store can ask for many at once. */
  piece(linesDone: number): Promise<void>;
}

export interface WalkRequest {
  readonly tenantId: string;
  readonly stretch: Stretch;
  readonly isSelected: (line: RecordedLine) => boolean;
}

/** One pass over a tenant's journal that brings every selected signal with what was read for it. Memory is bounded by one piece. */
export const walkRecorded = async (
  deps: { readonly history: RecordedHistory; readonly noContext: ContextFacts },
  { tenantId, stretch, isSelected }: WalkRequest,
  visitor: RecordedVisitor,
): Promise<void> => {
  let actorId: string | null = null;
  let done = 0;
  const wide = { fromMs: stretch.fromMs - WARM_UP_MS, toMs: stretch.toMs };
  for await (const piece of deps.history.lines(tenantId, wide)) {
    const profiles: ReadonlyMap<string, ActorProfile> = await deps.history.profiles(tenantId, [
      ...new Set(piece.map((line) => line.actorId)),
    ]);
    for (const line of piece) {
      if (line.actorId !== actorId) {
        actorId = line.actorId;
        visitor.nextActor();
      }
      const { entry } = line;
      if (entry.kind === 'signal' && isSelected(line)) {
        visitor.selected({ ...line, entry }, recordedOf(line, profiles, deps.noContext));
      } else visitor.other(entry);
    }
    done += piece.length;
    await visitor.piece(done);
  }
};
