import type { AssembledDecision } from '../../domain/decision/assemble.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import { MmmError } from '../../errors.ts';
import type { RecordCodec } from '../ports/codec.ts';
import type { OutputRecord } from '../ports/records.ts';

/** Brokers refuse more by default; the rest is left for headers and framing. */
const OUTPUT_MAX_BYTES = 1_000_000;

/**
 * Everything one decision publishes, encoded here so that publishing can not fail on content: the decision, a delivery per action and surface,
 * the receipt. Throws OUTPUT_TOO_LARGE.
 */
export const decisionRecords = (
  codec: RecordCodec,
  key: string,
  signal: MmmSignalInput,
  assembled: AssembledDecision,
  receipt: string,
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
  records.push({
    topic: 'mmm.receipts',
    key,
    value: Buffer.from(receipt, 'utf8'),
    headers: { ...common, 'mmm-schema': codec.schemaHeader('mmm.receipts') },
  });

  for (const record of records) {
    if ((record.value?.length ?? 0) > OUTPUT_MAX_BYTES) {
      throw new MmmError('OUTPUT_TOO_LARGE', undefined, {
        details: { topic: record.topic, bytes: record.value!.length },
      });
    }
  }
  return records;
};
