import type { RawRecord } from '../../pipeline/ports/intake.ts';
import { identityOf, type Letter, readLetter, rootOf } from './letter.ts';

/** One refused record: its newest letter, however often it was copied or came back. */
export interface PiledLetter {
  readonly letter: Letter;
  /** Letters in the log with this very source: more than one after a crash of intake. */
  readonly copies: number;
  /** Earlier letters of the same record, from before it was put in again. */
  readonly earlier: number;
  /** The newest letter was put in again and has not come back. */
  readonly replayed: boolean;
}

interface Story {
  letter: Letter;
  copies: number;
  readonly earlier: Set<string>;
}

export interface Pile {
  add(record: RawRecord): void;
  /** Newest first. `replayed`: identities that were put in again. */
  letters(replayed: ReadonlySet<string>): readonly PiledLetter[];
  /** Records of the topic that are none of our letters. */
  readonly foreign: number;
}

/** Newer: refused later; at the same moment the one with more tries. */
const isNewer = (a: Letter, b: Letter): boolean =>
  a.failedAtMs > b.failedAtMs || (a.failedAtMs === b.failedAtMs && a.attempts > b.attempts);

/**
 * Letters by the record they are about (G1): copies under one source are one letter, and a letter that came back after a replay stands for those before
 * it. Everything that lists, counts, replays or purges looks through this, so that nothing is counted or sent twice.
 */
export const createPile = (): Pile => {
  const stories = new Map<string, Story>();
  let foreign = 0;
  const add = (record: RawRecord): void => {
    const letter = readLetter(record);
    if (letter === null) {
      foreign += 1;
      return;
    }
    const root = rootOf(letter);
    const story = stories.get(root);
    if (story === undefined) {
      stories.set(root, { letter, copies: 1, earlier: new Set() });
      return;
    }
    const [mine, held] = [identityOf(letter), identityOf(story.letter)];
    if (mine === held) {
      story.copies += 1;
    } else if (isNewer(letter, story.letter)) {
      story.earlier.add(held);
      Object.assign(story, { letter, copies: 1 });
    } else story.earlier.add(mine);
  };
  return {
    add,
    letters: (replayed) =>
      [...stories.values()]
        .map(({ letter, copies, earlier }) => ({
          ...{ letter, copies, earlier: earlier.size },
          replayed: replayed.has(identityOf(letter)),
        }))
        .sort(
          (a, b) =>
            b.letter.failedAtMs - a.letter.failedAtMs || (a.letter.source.offset < b.letter.source.offset ? 1 : -1),
        ),
    get foreign() {
      return foreign;
    },
  };
};

/** How many records by code, most first. */
export const totalsByCode = (letters: readonly PiledLetter[]): readonly (readonly [string, number])[] => {
  const counts = new Map<string, number>();
  for (const { letter } of letters) counts.set(letter.code, (counts.get(letter.code) ?? 0) + 1);
  return [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
};
