import type { TopicReader } from '../../../src/admin/ports/topic-reader.ts';
import type { TopicName } from '../../../src/generated/topics.ts';
import type { RawRecord } from '../../../src/pipeline/ports/intake.ts';

/** A topic that is a list: everything of it from a time on, as it stands. */
export const listReader = (records: readonly RawRecord[]): TopicReader => ({
  read: async (topic: TopicName, { from, signal }, onRecord) => {
    const sinceMs = typeof from === 'object' && 'sinceMs' in from ? from.sinceMs : 0;
    for (const record of records) {
      if (signal.aborted) return;
      if (record.channel === topic && record.timestampMs >= sinceMs) await onRecord(record);
    }
  },
});
