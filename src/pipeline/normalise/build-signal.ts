import type { MmmSignalInput } from '../../generated/records.ts';
import { idFrom, producedSignalIdOf } from '../../domain/ids.ts';
import type { IdPort } from '../../domain/ids.ts';
import { deriveSubject } from '../../domain/subject.ts';
import type { DocumentContext, SignalSource } from '../ports/normaliser.ts';
import type { Draft } from './draft.ts';
import { addMissing } from './flatten.ts';
import { traceParentOf } from './trace-parent.ts';

/** Interface 3: from [source, tenant, producer's id]; without one from the record's place, null if it has none (HTTP). */
export const signalIdOf = (
  ids: IdPort,
  source: SignalSource,
  draft: Draft,
  context: DocumentContext,
): string | null => {
  if (draft.producerId !== null) return producedSignalIdOf(ids, source, draft.tenantId, draft.producerId);
  const { topic, partition, offset } = context.origin;
  const { replayOf } = context;
  // The id that the refused record would have had: replayed twice, or accepted after all by a release that had not yet acknowledged it, it is one signal.
  if (replayOf !== undefined && replayOf !== null)
    return idFrom(ids, 'signal', [topic, replayOf.partition, String(replayOf.offset), replayOf.timestampMs]);
  if (context.recordTimestampMs === null || partition < 0) return null;
  return idFrom(ids, 'signal', [topic, partition, offset, context.recordTimestampMs]);
};

/**
 * The parts of a signal that are the same for every source. What names the subject also goes into the payload under one name each, so that
 * conditions and templates find it there whichever field the producer used, and the subject can be derived again from the signal alone.
 */
export const buildSignal = (
  source: SignalSource,
  signalId: string,
  draft: Draft,
  context: DocumentContext,
): MmmSignalInput => {
  const { payload } = draft;
  addMissing(payload, 'pr_number', draft.prNumber);
  addMissing(payload, 'build_id', draft.buildId);
  addMissing(payload, 'incident_id', draft.incidentId);
  const about = { repo_id: draft.repoId, branch: draft.branch, commit: draft.commit, file_path: draft.filePath };
  return {
    signal_id: signalId,
    source_signal_id: draft.producerId,
    tenant_id: draft.tenantId,
    actor_id: draft.actorId,
    actor_type: draft.actorType,
    source,
    event_type: draft.eventType,
    severity: draft.severity,
    occurred_at: new Date(draft.occurredAtMs).toISOString(),
    received_at: new Date(context.receivedAtMs).toISOString(),
    ...about,
    environment: draft.environment,
    plane: draft.plane,
    evaluation_point: draft.evaluationPoint,
    subject: deriveSubject({ ...about, payload }),
    surface_hint: draft.surfaceHint,
    payload,
    trace_parent: traceParentOf(context.traceParent, draft.traceId, draft.spanId),
    origin: context.origin,
  };
};
