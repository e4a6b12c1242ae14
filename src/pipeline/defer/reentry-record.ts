import { actorKeyText } from '../../domain/ids.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import type { RecordCodec } from '../ports/codec.ts';
import type { OutputRecord } from '../ports/records.ts';

/** A signal of the engine's own in `mmm.signals`. Keyed by actor as any signal, so that it takes its place among them. */
export const reentryRecord = (codec: RecordCodec, signal: MmmSignalInput): OutputRecord => {
  const headers: Record<string, string> = {
    'mmm-tenant-id': signal.tenant_id,
    'mmm-signal-id': signal.signal_id,
    'mmm-schema': codec.schemaHeader('mmm.signals'),
  };
  if (signal.trace_parent !== null) headers['traceparent'] = signal.trace_parent;
  return {
    topic: 'mmm.signals',
    key: actorKeyText({ tenantId: signal.tenant_id, actorId: signal.actor_id ?? '' }),
    value: codec.encode('mmm.signals', signal),
    headers,
  };
};
