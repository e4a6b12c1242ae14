import type { IdPort } from '../../domain/ids.ts';
import type { ActionType, Surface } from '../../domain/vocabulary.ts';
import { MmmError } from '../../errors.ts';
import type { OutputRecord } from '../../pipeline/ports/records.ts';
import type { Ground } from '../plan/plan-document.ts';

/** One record that may be sent once more. */
export interface ReplayItem {
  readonly record: OutputRecord;
  /** Goes into `mmm-replay-of`: the id of the record, or the place of a dead letter. */
  readonly of: string;
  readonly atMs: number;
  /** A card that a person would see: it may have become wrong between planning and sending. Null: nobody is nudged by it. */
  readonly nudge: Nudge | null;
}

export interface Nudge {
  readonly actorId: string;
  readonly decisionId: string;
  readonly playbookId: string;
  readonly actionType: ActionType;
  readonly surface: Surface;
  readonly expiresAtMs: number;
  /** It would make a sound. */
  readonly notify: boolean;
}

/** What a selection comes to. `leftOut`: by reason. */
export interface Collected {
  readonly selected: number;
  readonly items: readonly ReplayItem[];
  readonly leftOut: Readonly<Record<string, number>>;
  readonly duplicates: number;
  /** Dead letters among the items that are older than the tenant's max_lateness: journalled at their own time, they nudge nobody. */
  readonly late: number;
}

/** Held in memory while a run lasts, some 4 KB each; at the default rate a quarter of an hour's work. */
export const ITEMS_MAX = 20_000;

export const refuseTooMany = (count: number): void => {
  if (count <= ITEMS_MAX) return;
  throw new MmmError(
    'USAGE',
    `the selection comes to more than ${ITEMS_MAX} records; narrow it (--since, --until, --actor, --offsets) and plan several`,
  );
};

const idDigest = (ids: Pick<IdPort, 'sha256'>, { record, of }: ReplayItem): string =>
  JSON.stringify([
    record.topic,
    of,
    record.value === null ? null : ids.sha256(Buffer.from(record.value).toString('base64')),
  ]);

/** A chain over the items in their order. */
export const digestItems = (ids: Pick<IdPort, 'sha256'>, items: readonly ReplayItem[]): string =>
  `sha256:${items.reduce((chain, item) => ids.sha256(chain + idDigest(ids, item)), '')}`;

export const groundOf = (
  ids: Pick<IdPort, 'sha256'>,
  { selected, items, leftOut, duplicates, late }: Collected,
): Ground => {
  const byTopic: Record<string, number> = {};
  let [firstMs, lastMs] = [Infinity, -Infinity];
  for (const { record, atMs } of items) {
    byTopic[record.topic] = (byTopic[record.topic] ?? 0) + 1;
    firstMs = Math.min(firstMs, atMs);
    lastMs = Math.max(lastMs, atMs);
  }
  return {
    ...{ selected, items: items.length, byTopic, leftOut, duplicates, late, itemsDigest: digestItems(ids, items) },
    firstMs: items.length === 0 ? null : firstMs,
    lastMs: items.length === 0 ? null : lastMs,
  };
};

/** Counts by reason. */
export class LeftOut {
  readonly counts: Record<string, number> = {};

  add(reason: string, by = 1): void {
    if (by > 0) this.counts[reason] = (this.counts[reason] ?? 0) + by;
  }
}
