import { actorKeyText, type IdPort, receiptIdOf } from '../../domain/ids.ts';
import { buildReplayReceipt } from '../../domain/receipt/build-replay-receipt.ts';
import { formatSignature, signableText } from '../../domain/receipt/signature.ts';
import { MmmError } from '../../errors.ts';
import type { Clock } from '../../pipeline/ports/clock.ts';
import type { RecordCodec } from '../../pipeline/ports/codec.ts';
import type { OutputRecord } from '../../pipeline/ports/records.ts';
import type { ReceiptSigner } from '../../pipeline/ports/signer.ts';
import type { PlanDocument } from '../plan/plan-document.ts';
import type { RunDeps } from './run-plan.ts';

export interface SealRunDeps {
  readonly ids: IdPort;
  readonly signer: ReceiptSigner;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** Signs what a run came to. */
export const sealRun =
  ({ ids, signer, clock }: SealRunDeps): RunDeps['seal'] =>
  async (plan, document, { settled, report, finishedAtMs, runBy }) => {
    const { planId, tenantId, digest, plannedBy, plannedAtMs, approvedBy, approvedAtMs, approval } = plan;
    if (approvedBy === null || approvedAtMs === null || approval === null)
      throw new MmmError('REPLAY_NOT_APPROVED', `nobody has approved plan ${planId}`);
    const receiptId = receiptIdOf(ids, digest, 'replay');
    const { selected, items } = document.ground;
    const unsigned = buildReplayReceipt(
      {
        ...{ receiptId, planId, tenantId, mode: document.mode, planDigest: digest, plannedBy, plannedAtMs },
        ...{ approvedBy, approvedAtMs, approval, runBy, finishedAtMs, selected, items },
        ...{ sent: settled.sent, dropped: settled.dropped, monotonicMs: Math.trunc(clock.monotonicMs()) },
      },
      ids,
    );
    const text = signableText(unsigned);
    const [signature] = await signer.sign([text.unsigned]);
    if (signature === undefined) throw new MmmError('INTERNAL_ERROR', 'the signer left the receipt unsigned');
    return { report: JSON.stringify(report), receiptId, receipt: text.signed(formatSignature(signer.kid, signature)) };
  };

/** The receipt as it goes out: of nobody but the tenant. */
export const replayReceiptRecord =
  (codec: RecordCodec) =>
  ({ tenantId, planId }: PlanDocument, receipt: string): OutputRecord => ({
    topic: 'mmm.receipts',
    key: actorKeyText({ tenantId, actorId: '' }),
    value: Buffer.from(receipt, 'utf8'),
    headers: {
      'mmm-tenant-id': tenantId,
      'mmm-schema': codec.schemaHeader('mmm.receipts'),
      'mmm-replay-id': planId,
    },
  });
