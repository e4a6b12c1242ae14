import type { AssembledDecision } from '../../domain/decision/assemble.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import { MmmError } from '../../errors.ts';
import type { RecordCodec } from '../ports/codec.ts';
import type { OutputRecord } from '../ports/records.ts';

/** Brokers refuse more by default; the rest is left for headers, framing and a receipt's signature. */
const OUTPUT_MAX_BYTES = 1_000_000;

/**
 * Everything one decision publishes but its receipt, encoded here so that publishing can not fail on content: the decision first, then a delivery
 * per action and surface. `receiptBytes`: of the receipt still to be signed, which goes last (`receiptRecord`). Throws OUTPUT_TOO_LARGE.
 */
export const decisionRecords = (
  codec: RecordCodec,
  key: string,
  signal: MmmSignalInput,
  assembled: AssembledDecision,
  receiptBytes: number,
): OutputRecord[] => {
  const common: Record<string, string> = {
    'mmm-tenant-id': signal.tenant_id,
    'mmm-signal-id': signal.signal_id,
    'mmm-decision-id': assembled.decision.decision_id,
  };
  if (signal.trace_parent !== null) common['traceparent'] = signal.trace_parent;

  const records: OutputRecord[] = [
    {
      topic: 'mmm.decisions',
      key,
      value: codec.encode('mmm.decisions', assembled.decision),
      headers: { ...common, 'mmm-schema': codec.schemaHeader('mmm.decisions') },
    },
  ];
  for (const { topic, delivery } of assembled.deliveries) {
    records.push({
      topic,
      key,
      value: codec.encode(topic, delivery),
      headers: { ...common, 'mmm-schema': codec.schemaHeader(topic), 'mmm-reason': delivery.reason },
    });
  }
  refuseAbove('mmm.receipts', receiptBytes);
  for (const { topic, value } of records) refuseAbove(topic, value?.length ?? 0);
  return records;
};

/** The signed receipt as it goes out, last of its decision's records. */
export const receiptRecord = (codec: RecordCodec, decision: OutputRecord, receipt: Uint8Array): OutputRecord => ({
  topic: 'mmm.receipts',
  key: decision.key,
  value: receipt,
  headers: { ...decision.headers, 'mmm-schema': codec.schemaHeader('mmm.receipts') },
});

const refuseAbove = (topic: OutputRecord['topic'], bytes: number): void => {
  if (bytes > OUTPUT_MAX_BYTES) throw new MmmError('OUTPUT_TOO_LARGE', undefined, { details: { topic, bytes } });
};
