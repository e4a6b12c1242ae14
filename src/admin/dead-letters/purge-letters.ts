import { MmmError } from '../../errors.ts';
import type { RawRecord } from '../../pipeline/ports/intake.ts';
import type { CutTopic, OperatorAudit } from '../ports/dead-letter-marks.ts';
import { type Letter, readLetter } from './letter.ts';

/** What a purge removes. Everything before the cuts goes, whatever the filter says: a log has no other way to delete. */
export interface PurgePlan {
  /** First offset of `mmm.dlq` that stays, by partition. */
  readonly cuts: ReadonlyMap<number, bigint>;
  /** Letters in the log that the filter chose, copies counted each; and those that it did not choose and that stand before a chosen one. */
  readonly chosen: number;
  readonly others: number;
  readonly byCode: ReadonlyMap<string, number>;
  readonly othersByCode: ReadonlyMap<string, number>;
  readonly oldestMs: number | null;
  readonly newestMs: number | null;
}

interface Standing {
  readonly offset: bigint;
  readonly code: string;
  readonly failedAtMs: number | null;
  readonly chosen: boolean;
}

export interface PurgePlanner {
  add(record: RawRecord): void;
  plan(): PurgePlan;
}

const FOREIGN = 'not a letter';

/** Reads `mmm.dlq` from its head and finds how far it has to be cut so that everything chosen is gone. */
export const createPurgePlanner = (isChosen: (letter: Letter) => boolean): PurgePlanner => {
  const partitions = new Map<number, Standing[]>();
  return {
    add: (record) => {
      const letter = readLetter(record);
      const standing = partitions.get(record.lane) ?? [];
      standing.push({
        offset: record.position,
        code: letter?.code ?? FOREIGN,
        failedAtMs: letter?.failedAtMs ?? null,
        chosen: letter !== null && isChosen(letter),
      });
      partitions.set(record.lane, standing);
    },
    plan: () => {
      const cuts = new Map<number, bigint>();
      const [byCode, othersByCode] = [new Map<string, number>(), new Map<string, number>()];
      const times: number[] = [];
      let [chosen, others] = [0, 0];
      for (const [partition, standing] of partitions) {
        const ends = standing.filter((one) => one.chosen).map(({ offset }) => offset + 1n);
        if (ends.length === 0) continue;
        const cut = ends.reduce((a, b) => (a > b ? a : b));
        cuts.set(partition, cut);
        for (const one of standing.filter(({ offset }) => offset < cut)) {
          const counts = one.chosen ? byCode : othersByCode;
          counts.set(one.code, (counts.get(one.code) ?? 0) + 1);
          if (one.chosen) chosen += 1;
          else others += 1;
          if (one.failedAtMs !== null) times.push(one.failedAtMs);
        }
      }
      const bounds = times.reduce<[number, number] | null>(
        (so, ms) => (so === null ? [ms, ms] : [Math.min(so[0], ms), Math.max(so[1], ms)]),
        null,
      );
      return {
        cuts,
        chosen,
        others,
        byCode,
        othersByCode,
        oldestMs: bounds?.[0] ?? null,
        newestMs: bounds?.[1] ?? null,
      };
    },
  };
};

export interface PurgeOrder {
  readonly who: string;
  readonly reason: string;
  readonly filter: Readonly<Record<string, unknown>>;
  /** The operator has said that what stands between may go too. */
  readonly allBefore: boolean;
}

/** Throws CONFLICT when letters that were not chosen would go too and nobody has agreed to that. */
export const checkPurge = (plan: PurgePlan, allBefore: boolean): void => {
  if (plan.others === 0 || allBefore) return;
  throw new MmmError(
    'CONFLICT',
    `${plan.others} letters that are not chosen stand before chosen ones; a log is only cut at its head, so they would go too`,
    { details: { chosen: plan.chosen, others: plan.others, to_remove_them_too: '--all-before' } },
  );
};

/** Deletes. The audit has its line first: a letter that is gone without a line would be worse than a line too many. */
export const purgeLetters = async (
  deps: { readonly cut: CutTopic; readonly audit: OperatorAudit },
  plan: PurgePlan,
  { who, reason, filter, allBefore }: PurgeOrder,
): Promise<void> => {
  checkPurge(plan, allBefore);
  if (plan.cuts.size === 0) return;
  const line = {
    who,
    subject: 'mmm.dlq',
    details: {
      ...{ reason, filter, removed: plan.chosen + plan.others, chosen: plan.chosen, others: plan.others },
      by_code: Object.fromEntries(plan.byCode),
      others_by_code: Object.fromEntries(plan.othersByCode),
      first_kept: Object.fromEntries([...plan.cuts].map(([partition, offset]) => [partition, offset.toString()])),
    },
  };
  await deps.audit.write({ ...line, what: 'dlq_purge' });
  try {
    await deps.cut('mmm.dlq', plan.cuts);
  } catch (error) {
    await deps.audit.write({ ...line, what: 'dlq_purge_failed' });
    throw error;
  }
};
