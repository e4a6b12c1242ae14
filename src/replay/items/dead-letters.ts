import type { TopicReader } from '../../admin/ports/topic-reader.ts';
import { encodeKeyPart } from '../../domain/ids.ts';
import { type ErrorCode, isRetriable } from '../../errors.ts';
import { TOPIC_NAMES, type TopicName, TOPICS } from '../../generated/topics.ts';
import type { RawRecord } from '../../pipeline/ports/intake.ts';
import type { DeadLetterFilter } from '../plan/selection.ts';
import type { CollectRequest } from './redeliveries.ts';
import { textOf } from './read-headers.ts';
import { type Collected, LeftOut, refuseTooMany, type ReplayItem } from './replay-item.ts';

/** What would become of a record if it were offered once more; nothing is written. */
export type Retry =
  | { readonly kind: 'taken'; readonly tenantId: string; readonly signalId: string; readonly occurredAtMs: number }
  | { readonly kind: 'refused'; readonly code: ErrorCode };

export interface DeadLetterDeps {
  readonly reader: TopicReader;
  /** Null for a topic whose records are no raw signals: there is nothing to say beforehand. */
  readonly retry: (raw: RawRecord) => Promise<Retry | null>;
  readonly knownSignals: (tenantId: string, signalIds: readonly string[]) => Promise<ReadonlySet<string>>;
  readonly maxLatenessMs: number;
}

const DLQ_PREFIX = 'mmm-dlq-';
/** Marks of an earlier offer: the new one has its own. */
const REPLAY_PREFIX = 'mmm-replay-';

interface Letter {
  readonly raw: RawRecord;
  readonly place: string;
  readonly atMs: number;
}

const isTopic = (name: string | null): name is TopicName => TOPIC_NAMES.some((one) => one === name);

/** The record as it stood in its topic. Null when the letter names no topic that records may be offered to. */
const letterOf = (record: RawRecord, filter: DeadLetterFilter): Letter | null => {
  const { headers } = record;
  const header = (name: string): string | null => textOf(headers, `${DLQ_PREFIX}${name}`);
  const topic = header('topic');
  if (!isTopic(topic) || TOPICS[topic].direction === 'out' || TOPICS[topic].format === 'none') return null;
  if (filter.topic !== null && topic !== filter.topic) return null;
  if (filter.code !== null && header('code') !== filter.code) return null;
  if (filter.stage !== null && header('stage') !== filter.stage) return null;
  const [partition, offset] = [Number(header('partition')), header('offset') ?? ''];
  if (!/^\d{1,19}$/.test(offset) || !Number.isInteger(partition)) return null;
  const own = Object.entries(headers).filter(
    ([name]) => !name.startsWith(DLQ_PREFIX) && !name.startsWith(REPLAY_PREFIX),
  );
  const failedAtMs = Date.parse(header('failed-at') ?? '');
  return {
    raw: { ...record, channel: topic, lane: partition, position: BigInt(offset), headers: Object.fromEntries(own) },
    // Intake may have written the letter twice: the place in the source makes the two one (G1).
    place: `${topic}/${partition}/${offset}`,
    atMs: Number.isNaN(failedAtMs) ? record.timestampMs : failedAtMs,
  };
};

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && name in value ? (value as Record<string, unknown>)[name] : undefined;

const documentOf = (raw: RawRecord): unknown => {
  try {
    return JSON.parse(Buffer.from(raw.value ?? []).toString('utf8')) as unknown;
  } catch {
    return null;
  }
};

/** Whether the letter surely is this tenant's: what nothing of it says is nobody's to offer here (G7). */
const isOf = (tenantId: string, raw: RawRecord, retry: Retry | null): boolean => {
  if (retry?.kind === 'taken') return retry.tenantId === tenantId;
  const named = memberOf(documentOf(raw), 'tenant_id') ?? textOf(raw.headers, 'mmm-tenant-id');
  if (typeof named === 'string') return named === tenantId;
  return Buffer.from(raw.key ?? [])
    .toString('utf8')
    .startsWith(`${encodeKeyPart(tenantId)}|`);
};

const actorOf = (raw: RawRecord): unknown => memberOf(documentOf(raw), 'actor_id');

/** The tenant's dead letters that would be taken now. What would only be refused again is left out, with its code. */
export const collectDeadLetters = async (
  { reader, retry, knownSignals, maxLatenessMs }: DeadLetterDeps,
  { tenantId, selection, asOfMs }: CollectRequest,
): Promise<Collected> => {
  const filter = selection.deadLetters ?? { code: null, stage: null, topic: null };
  const leftOut = new LeftOut();
  const letters = new Map<string, Letter>();
  const { signal } = new AbortController();
  const from = { sinceMs: Math.max(0, selection.fromMs - 3_600_000) };
  await reader.read('mmm.dlq', { from, follow: false, signal }, (record) => {
    const letter = letterOf(record, filter);
    if (letter === null || letter.atMs < selection.fromMs || letter.atMs >= selection.toMs) return;
    letters.set(letter.place, letter);
  });

  let selected = 0;
  const items: ReplayItem[] = [];
  const signalIds: string[] = [];
  let late = 0;
  for (const { raw, place, atMs } of [...letters.values()].sort((a, b) => (a.place < b.place ? -1 : 1))) {
    const outcome = await retried(retry, raw);
    if (!isOf(tenantId, raw, outcome)) continue;
    if (selection.actorId !== null && actorOf(raw) !== selection.actorId) continue;
    selected += 1;
    if (memberOf(documentOf(raw), 'withheld') === true) leftOut.add('withheld');
    else if (outcome?.kind === 'refused') leftOut.add(`refused_again_${outcome.code}`);
    else {
      if (outcome !== null) {
        signalIds.push(outcome.signalId);
        if (asOfMs - outcome.occurredAtMs > maxLatenessMs) late += 1;
      }
      items.push({
        record: { topic: raw.channel as TopicName, key: raw.key, value: raw.value, headers: raw.headers },
        ...{ of: place, atMs, nudge: null },
      });
      refuseTooMany(items.length);
    }
  }
  const known = await knownSignals(tenantId, signalIds);
  return { selected, items, leftOut: leftOut.counts, duplicates: known.size, late };
};

/** A registry that is away stops the planning; any other fault is what it would be for intake. */
const retried = async (retry: DeadLetterDeps['retry'], raw: RawRecord): Promise<Retry | null> => {
  try {
    return await retry(raw);
  } catch (error) {
    if (isRetriable(error)) throw error;
    return { kind: 'refused', code: 'UNEXPECTED_FAILURE' };
  }
};
