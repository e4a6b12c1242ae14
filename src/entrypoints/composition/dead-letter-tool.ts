import { operatorAudit, postgresReplayedLetters } from '../../adapters/postgres/dead-letters.ts';
import type { LetterFilter } from '../../admin/dead-letters/filter.ts';
import { createLetterFilter } from '../../admin/dead-letters/filter.ts';
import type { Letter } from '../../admin/dead-letters/letter.ts';
import { createPile, type PiledLetter } from '../../admin/dead-letters/pile.ts';
import {
  type PurgeOrder,
  type PurgePlan,
  createPurgePlanner,
  purgeLetters,
} from '../../admin/dead-letters/purge-letters.ts';
import {
  type ReplayOrder,
  type ReplayPlan,
  type ReplayResult,
  replayLetters,
  startingAt,
} from '../../admin/dead-letters/replay-letters.ts';
import { readLetter } from '../../admin/dead-letters/letter.ts';
import type { OperatorAudit } from '../../admin/ports/dead-letter-marks.ts';
import { pause } from '../../pipeline/failure-policy.ts';
import type { RawRecord } from '../../pipeline/ports/intake.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import type { Config } from '../../runtime/config.ts';
import { openCommandLog } from './command-log.ts';
import { openStore } from './store.ts';

export interface FoundLetters {
  readonly letters: readonly PiledLetter[];
  /** Records of the topic that are no letters of ours. */
  readonly foreign: number;
}

/** What the commands of `mmm dlq` work with. */
export interface DeadLetterTool {
  /** The records that the filter chooses, newest first, each by its newest letter. */
  find(filter: LetterFilter, signal: AbortSignal): Promise<FoundLetters>;
  /** Every copy of the letter in the log, for `show`. */
  copies(isMeant: (letter: Letter) => boolean, signal: AbortSignal): Promise<readonly (readonly [Letter, RawRecord])[]>;
  replay(plan: ReplayPlan, order: ReplayOrder, signal: AbortSignal): Promise<ReplayResult>;
  planPurge(filter: LetterFilter, signal: AbortSignal): Promise<PurgePlan>;
  purge(plan: PurgePlan, order: PurgeOrder): Promise<void>;
  readonly audit: OperatorAudit;
  close(): Promise<void>;
}

/** Opens database and log. Throws what the adapters throw. */
export const openDeadLetterTool = async (config: Config, logger: Logger): Promise<DeadLetterTool> => {
  const store = await openStore(config, logger, 'command');
  try {
    const log = await openCommandLog(config, logger);
    const replayed = postgresReplayedLetters(store.pipeline);
    const audit = operatorAudit(store.api);
    const { reader, writer, cut } = log;
    const read = (sinceMs: number | null, signal: AbortSignal, onRecord: (record: RawRecord) => void): Promise<void> =>
      reader.read('mmm.dlq', { from: startingAt(sinceMs), follow: false, signal }, onRecord);
    return {
      find: async (filter, signal) => {
        const pile = createPile();
        // To the end in any case: a letter that came back later is what became of the one before.
        await read(filter.sinceMs, signal, (record) => pile.add(record));
        const isChosen = createLetterFilter(filter);
        const all = pile.letters(await replayed.identities());
        return { letters: all.filter(({ letter }) => isChosen(letter)), foreign: pile.foreign };
      },
      copies: async (isMeant, signal) => {
        const found: [Letter, RawRecord][] = [];
        await read(null, signal, (record) => {
          const letter = readLetter(record);
          if (letter !== null && isMeant(letter)) found.push([letter, record]);
        });
        return found;
      },
      replay: (plan, order, signal) => replayLetters({ reader, writer, replayed, audit, pause }, plan, order, signal),
      planPurge: async (filter, signal) => {
        const planner = createPurgePlanner(createLetterFilter(filter));
        // From the head: what stands before a chosen letter goes with it, and has to be counted.
        await read(null, signal, (record) => planner.add(record));
        return planner.plan();
      },
      purge: (plan, order) => purgeLetters({ cut, audit }, plan, order),
      audit,
      close: async () => {
        await log.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
};
