import type { JudgedReceipt } from './verify-receipts.ts';
import { NOT_RECOMPUTED, type NotRecomputed } from './verdict.ts';

export interface VerifyCounts {
  readonly receipts: number;
  /** Signature, and everything made again to the same bytes. */
  readonly verified: number;
  readonly signatureOnly: Readonly<Partial<Record<NotRecomputed, number>>>;
  readonly failed: number;
}

export const emptyCounts: VerifyCounts = { receipts: 0, verified: 0, signatureOnly: {}, failed: 0 };

export const counted = (counts: VerifyCounts, { verdict }: JudgedReceipt): VerifyCounts => {
  const all = { ...counts, receipts: counts.receipts + 1 };
  switch (verdict.status) {
    case 'verified':
      return { ...all, verified: counts.verified + 1 };
    case 'failed':
      return { ...all, failed: counts.failed + 1 };
    case 'signature_only': {
      const { signatureOnly } = counts;
      return { ...all, signatureOnly: { ...signatureOnly, [verdict.why]: (signatureOnly[verdict.why] ?? 0) + 1 } };
    }
    default:
      return verdict satisfies never;
  }
};

export const signatureOnlyIn = ({ signatureOnly }: VerifyCounts): number =>
  Object.values(signatureOnly).reduce((sum, n) => sum + n, 0);

/** `412 receipts: 390 verified, 20 by signature only (18 past retention, 2 of erased actors), 2 failed`. */
export const summaryLine = (counts: VerifyCounts): string => {
  const why = Object.entries(counts.signatureOnly).map(
    ([reason, n]) => `${n} ${NOT_RECOMPUTED[reason as NotRecomputed]}`,
  );
  const only = signatureOnlyIn(counts);
  const parts = [
    `${counts.verified} verified`,
    `${only} by signature only${why.length === 0 ? '' : ` (${why.join(', ')})`}`,
    `${counts.failed} failed`,
  ];
  return `${counts.receipts} ${counts.receipts === 1 ? 'receipt' : 'receipts'}: ${parts.join(', ')}`;
};
