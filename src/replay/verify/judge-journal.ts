import { RECENT_WINDOW_MS, type JournalEntry } from '../../domain/actor-state.ts';
import type { IdPort } from '../../domain/ids.ts';
import { canonicalJson } from '../../domain/receipt/canonical-json.ts';
import type { ActorEvidence, JournalLine } from './receipt-evidence.ts';
import type { Difference } from './verdict.ts';

/** What a fold reads (postgres-journal.ts), and how long the journal is kept (purge-journal.sql). */
export const FOLD_WINDOW_MS = RECENT_WINDOW_MS + 24 * 3_600_000;

export interface ActorJournal {
  readonly actor: ActorEvidence;
  readonly lines: readonly JournalLine[];
  /** The first line that does not follow from the one before; null: all do. */
  readonly broken: { readonly version: number; readonly difference: Difference } | null;
}

interface Link {
  readonly chain: string;
  readonly decidedAtMs: number;
}

/** A state is folded from the window alone, so after a longer silence a chain begins anew. */
const mayBeginAnew = (before: Link | null, decidedAtMs: number): boolean =>
  before === null || before.decidedAtMs < decidedAtMs - FOLD_WINDOW_MS;

/** The chains that an entry may stand on. */
export const chainsBefore = (before: Link | null, decidedAtMs: number): readonly string[] => [
  ...(before === null ? [] : [before.chain]),
  ...(mayBeginAnew(before, decidedAtMs) ? [''] : []),
];

export const chainOn = (ids: IdPort, chainBefore: string, { chain: _, ...entry }: JournalEntry): string =>
  ids.sha256(chainBefore + canonicalJson(entry));

/** Goes through an actor's kept journal from where retention has cut it. */
export const judgeJournal = (ids: IdPort, actor: ActorEvidence, all: readonly JournalLine[]): ActorJournal => {
  const purgedVersion = actor.purged?.version ?? 0;
  const lines = all.filter(({ entry }) => entry.version > purgedVersion);
  let before: Link | null = actor.purged;
  for (const { entry, isExact } of lines) {
    const made = chainsBefore(before, entry.decidedAtMs).map((chain) => chainOn(ids, chain, entry));
    if (!made.includes(entry.chain) || !isExact) {
      const difference: Difference = {
        what: `actor journal entry ${entry.version}`,
        expected: `sha256:${entry.chain}`,
        found: made[0] === undefined ? null : `sha256:${made[0]}`,
        meaning: isExact
          ? 'the entry was altered, or one just before it is gone: its digest does not follow from the chain before'
          : 'the stored text of the entry holds something that was not written with it',
      };
      return { actor, lines, broken: { version: entry.version, difference } };
    }
    before = entry;
  }
  return { actor, lines, broken: null };
};

/** The newest line below a version, or what retention took last; null: there was none. */
export const linkBelow = ({ actor, lines }: ActorJournal, version: number): Link | null =>
  lines.findLast(({ entry }) => entry.version < version)?.entry ?? actor.purged;

/** Whether retention has taken entries that a decision of this time could see; `maybe`: of the last day that only events which came late can reach. */
export const isCutOff = ({ purged }: ActorEvidence, decidedAtMs: number): 'no' | 'maybe' | 'yes' => {
  if (purged === null || purged.decidedAtMs < decidedAtMs - FOLD_WINDOW_MS) return 'no';
  return purged.decidedAtMs < decidedAtMs - RECENT_WINDOW_MS ? 'maybe' : 'yes';
};
