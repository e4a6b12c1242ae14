import type { TopicReader } from '../../admin/ports/topic-reader.ts';
import { MmmError } from '../../errors.ts';
import type { MmmDelivery } from '../../generated/records.ts';
import type { InputDecoder } from '../../pipeline/ports/codec.ts';
import type { RawRecord } from '../../pipeline/ports/intake.ts';
import type { OutputRecord } from '../../pipeline/ports/records.ts';
import { lineFilter, type Selection } from '../plan/selection.ts';
import type { RecordedHistory } from '../recorded-history.ts';
import { textOf } from './read-headers.ts';
import { type Collected, LeftOut, refuseTooMany, type ReplayItem } from './replay-item.ts';
import { signalsOfRange } from './signals-of-range.ts';

export const DELIVERY_TOPICS = ['mmm.delivery.ide', 'mmm.delivery.ci', 'mmm.delivery.alert'] as const;

/** A record is in its topic soon after it was decided; the clocks of two machines are less than this apart. */
export const CLOCKS_MS = 3_600_000;

export interface RedeliveryDeps {
  readonly history: RecordedHistory;
  readonly reader: TopicReader;
  readonly decoder: InputDecoder;
}

export interface CollectRequest {
  readonly tenantId: string;
  readonly selection: Selection;
  /** When the plan was made: what had expired by then is left out, however late it is counted again. */
  readonly asOfMs: number;
}

/** Throws what is retriable: a registry that is away must not make a delivery unreadable. */
export const readDelivery = async (decoder: InputDecoder, record: RawRecord): Promise<MmmDelivery | null> => {
  if (record.value === null) return null;
  try {
    return (await decoder.decode(record.channel, record.value)) as MmmDelivery;
  } catch (error) {
    if (error instanceof MmmError && !error.retriable) return null;
    throw error;
  }
};

/** The decisions of the selected signals, by id. */
export const decisionsOf = async (
  { history, reader }: Pick<RedeliveryDeps, 'history' | 'reader'>,
  { tenantId, selection }: CollectRequest,
): Promise<{ readonly selected: number; readonly decisions: ReadonlySet<string> }> => {
  const isSelected = lineFilter(selection, await signalsOfRange(reader, tenantId, selection));
  const decisions = new Set<string>();
  let selected = 0;
  for await (const { lines } of history.lines(tenantId, selection)) {
    for (const line of lines) {
      if (!isSelected(line)) continue;
      selected += 1;
      const { decisionId } = line.entry;
      if (decisionId !== null) decisions.add(decisionId);
    }
  }
  return { selected, decisions };
};

const itemOf = (record: RawRecord, delivery: MmmDelivery): ReplayItem => ({
  record: {
    topic: record.channel as OutputRecord['topic'],
    key: record.key,
    value: record.value,
    headers: record.headers,
  },
  of: delivery.delivery_id,
  atMs: Date.parse(delivery.timestamp_utc),
  nudge:
    delivery.state === 'live'
      ? {
          actorId: delivery.actor_id,
          decisionId: delivery.decision_id,
          playbookId: delivery.playbook_id,
          actionType: delivery.action_type,
          surface: delivery.surface,
          expiresAtMs: Date.parse(delivery.expires_at),
          notify: delivery.notify,
        }
      : null,
});

/**
 * The stored deliveries of the selected signals, byte for byte as they are in their topics, each id once, in the order of their partitions. Nothing is
 * decided again: what had expired, or was overtaken by a later revision of its card, is left out.
 */
export const collectRedeliveries = async (deps: RedeliveryDeps, request: CollectRequest): Promise<Collected> => {
  const { tenantId, selection, asOfMs } = request;
  const { selected, decisions } = await decisionsOf(deps, request);
  const leftOut = new LeftOut();
  const found: { readonly place: string; readonly delivery: MmmDelivery; readonly item: ReplayItem }[] = [];
  const known = new Set<string>();
  const newest = new Map<string, number>();
  const { signal } = new AbortController();
  for (const topic of decisions.size === 0 ? [] : DELIVERY_TOPICS) {
    const from = { sinceMs: Math.max(0, selection.fromMs - CLOCKS_MS) };
    await deps.reader.read(topic, { from, follow: false, signal }, async (record) => {
      if (textOf(record.headers, 'mmm-tenant-id') !== tenantId) return;
      const delivery = await readDelivery(deps.decoder, record);
      // The header is for finding; whose it is says the record itself (G7).
      if (delivery?.tenant_id !== tenantId) return;
      newest.set(delivery.card_id, Math.max(delivery.revision, newest.get(delivery.card_id) ?? 0));
      if (!decisions.has(delivery.decision_id) || known.has(delivery.delivery_id)) return;
      if (selection.playbookId !== null && delivery.playbook_id !== selection.playbookId) return;
      known.add(delivery.delivery_id);
      refuseTooMany(known.size);
      const place = `${topic} ${String(record.lane).padStart(9, '0')} ${String(record.position).padStart(20, '0')}`;
      found.push({ place, delivery, item: itemOf(record, delivery) });
    });
  }
  const items = found
    .sort((a, b) => (a.place < b.place ? -1 : 1))
    .filter(({ delivery }) => {
      const expired = Date.parse(delivery.expires_at) <= asOfMs;
      const overtaken = (newest.get(delivery.card_id) ?? 0) > delivery.revision;
      if (expired) leftOut.add('expired');
      else if (overtaken) leftOut.add('later_revision');
      return !expired && !overtaken;
    })
    .map(({ item }) => item);
  return { selected, items, leftOut: leftOut.counts, duplicates: items.length, late: 0 };
};
