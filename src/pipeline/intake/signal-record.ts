import { actorKeyText } from '../../domain/ids.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import type { RecordCodec } from '../ports/codec.ts';
import type { RawRecord } from '../ports/intake.ts';
import type { OutputRecord } from '../ports/records.ts';

/** A header as text, null if absent. */
export const headerText = (raw: Pick<RawRecord, 'headers'>, name: string): string | null => {
  const value = raw.headers[name];
  if (value === undefined) return null;
  return typeof value === 'string' ? value : Buffer.from(value).toString('utf8');
};

/** Marks of a re-delivery travel with the record (interface 2). Longer ones are not ours. */
const REPLAY_HEADERS = ['mmm-replay-id', 'mmm-replay-of'] as const;
const REPLAY_HEADER_CHARACTERS = 255;

/** A normalised signal as it goes to `mmm.signals`, keyed by actor; signals of nobody share the key of their tenant. */
export const signalRecord = (
  signal: MmmSignalInput,
  raw: Pick<RawRecord, 'headers'>,
  codec: RecordCodec,
): OutputRecord => {
  const headers: Record<string, string> = {
    'mmm-tenant-id': signal.tenant_id,
    'mmm-signal-id': signal.signal_id,
    'mmm-schema': codec.schemaHeader('mmm.signals'),
  };
  if (signal.trace_parent !== null) headers['traceparent'] = signal.trace_parent;
  for (const name of REPLAY_HEADERS) {
    const value = headerText(raw, name);
    if (value !== null && value.length <= REPLAY_HEADER_CHARACTERS) headers[name] = value;
  }
  return {
    topic: 'mmm.signals',
    key: actorKeyText({ tenantId: signal.tenant_id, actorId: signal.actor_id ?? '' }),
    value: codec.encode('mmm.signals', signal),
    headers,
  };
};
