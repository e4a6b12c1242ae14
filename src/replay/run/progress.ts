/** What became of the items of a plan up to a place in their list. */
export interface Settled {
  /** Items that are dealt with. */
  readonly upto: number;
  readonly sent: number;
  /** By reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

/**
 * Written before a batch goes out: what is known to be out, and what the batch would add. The log alone knows whether the batch got there (its cursor
 * moves in the batch's own transaction), so after a crash the two together give exact counts.
 */
export interface RunProgress {
  readonly settled: Settled;
  readonly pending: Settled | null;
}

export const NO_PROGRESS: RunProgress = { settled: { upto: 0, sent: 0, dropped: {} }, pending: null };

/** `cursor`: what the log has committed, null for nothing. Null: the log has forgotten how far it was, and nobody may guess. */
export const resumeFrom = ({ settled, pending }: RunProgress, cursor: bigint | null): Settled | null => {
  const at = Number(cursor ?? 0n);
  if (pending !== null && at >= pending.upto) return pending;
  return at >= settled.upto ? settled : null;
};

/** `settled` and one more batch. */
export const withBatch = (
  settled: Settled,
  batch: { items: number; sent: number; dropped: readonly string[] },
): Settled => {
  const dropped: Record<string, number> = { ...settled.dropped };
  for (const reason of batch.dropped) dropped[reason] = (dropped[reason] ?? 0) + 1;
  return { upto: settled.upto + batch.items, sent: settled.sent + batch.sent, dropped };
};
