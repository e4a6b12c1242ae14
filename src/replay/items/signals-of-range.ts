import type { TopicReader } from '../../admin/ports/topic-reader.ts';
import { inRange, type OffsetRange, type Selection } from '../plan/selection.ts';
import { textOf } from './read-headers.ts';

/** The tenant's signal ids that stand in a range of `mmm.signals`; null when the selection names no such range. */
export const signalsOfRange = async (
  reader: TopicReader,
  tenantId: string,
  { offsets }: Pick<Selection, 'offsets'>,
): Promise<ReadonlySet<string> | null> => {
  if (offsets?.topic !== 'mmm.signals') return null;
  return await idsIn(reader, tenantId, offsets);
};

const idsIn = async (reader: TopicReader, tenantId: string, range: OffsetRange): Promise<ReadonlySet<string>> => {
  const found = new Set<string>();
  const past = new AbortController();
  const options = { from: 'earliest', follow: false, signal: past.signal } as const;
  await reader.read('mmm.signals', options, ({ lane, position, headers }) => {
    if (lane !== range.partition) return;
    if (position >= BigInt(range.to)) return past.abort();
    const id = textOf(headers, 'mmm-signal-id');
    if (id !== null && inRange(range, position) && textOf(headers, 'mmm-tenant-id') === tenantId) found.add(id);
  });
  return found;
};
