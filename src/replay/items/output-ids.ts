import type { TopicReader } from '../../admin/ports/topic-reader.ts';
import type { TopicName } from '../../generated/topics.ts';
import type { InputDecoder } from '../../pipeline/ports/codec.ts';
import type { RawRecord } from '../../pipeline/ports/intake.ts';
import { CLOCKS_MS, DELIVERY_TOPICS, readDelivery } from './redeliveries.ts';
import { textOf } from './read-headers.ts';

/** Ids of a tenant's records that are in the outputs. */
export class OutputIds {
  readonly #ids = new Set<string>();

  add(topic: TopicName, id: string): void {
    this.#ids.add(`${topic} ${id}`);
  }

  has(topic: TopicName, id: string): boolean {
    return this.#ids.has(`${topic} ${id}`);
  }
}

const receiptIdOf = ({ value }: RawRecord): string | null => {
  try {
    const receipt = JSON.parse(Buffer.from(value ?? []).toString('utf8')) as { receipt_id?: unknown };
    return typeof receipt.receipt_id === 'string' ? receipt.receipt_id : null;
  } catch {
    return null;
  }
};

/** Everything of the tenant that the outputs hold since then, but what `planId` put there. */
export const outputIds = async (
  { reader, decoder }: { readonly reader: TopicReader; readonly decoder: InputDecoder },
  { tenantId, sinceMs, planId }: { readonly tenantId: string; readonly sinceMs: number; readonly planId: string },
): Promise<OutputIds> => {
  const ids = new OutputIds();
  const idOf = async (topic: TopicName, record: RawRecord): Promise<string | null> => {
    if (topic === 'mmm.decisions') return textOf(record.headers, 'mmm-decision-id');
    if (topic === 'mmm.receipts') return receiptIdOf(record);
    return (await readDelivery(decoder, record))?.delivery_id ?? null;
  };
  const { signal } = new AbortController();
  for (const topic of ['mmm.decisions', ...DELIVERY_TOPICS, 'mmm.receipts'] as const) {
    const from = { sinceMs: Math.max(0, sinceMs - CLOCKS_MS) };
    await reader.read(topic, { from, follow: false, signal }, async (record) => {
      if (textOf(record.headers, 'mmm-tenant-id') !== tenantId) return;
      if (textOf(record.headers, 'mmm-replay-id') === planId) return;
      const id = await idOf(topic, record);
      if (id !== null) ids.add(topic, id);
    });
  }
  return ids;
};
