import { type Caller, mayActFor } from '../../admin/ports/caller.ts';
import { idFrom, type IdPort } from '../../domain/ids.ts';
import { MmmError } from '../../errors.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import { HTTP_ORIGIN, type NormaliseDocument } from '../../pipeline/ports/normaliser.ts';

/** Contracts 15.2, with what the PRD's own examples leave out left out (D-71). Roles in here are not read (D-13). */
export interface DecideBody {
  readonly tenant_id?: string | null;
  readonly actor_id?: string | null;
  readonly actor_type?: string | null;
  readonly surface?: 'ide' | 'ci';
  readonly context?: Readonly<Record<string, unknown>> | null;
  readonly signal?: Readonly<Record<string, unknown>> | null;
}

export interface DecideRequestDeps {
  readonly normalise: NormaliseDocument;
  readonly ids: IdPort;
  readonly randomId: () => string;
  readonly now: () => number;
}

/** What is asked about when no signal is sent. No starter playbook listens to it; a tenant's own may. */
export const DECIDE_REQUESTED = 'decide_requested';

const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === '';
const firstOf = (...values: readonly unknown[]): unknown => values.find((value) => !isAbsent(value));

const asDocument = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

/** Our names of the place, and those of the SIN envelope it is normalised through. */
const PLACE = {
  repo_id: 'repository',
  branch: 'branch',
  commit: 'commit',
  file_path: 'file_path',
  pr_id: 'pr_id',
  plane: 'plane',
} as const;

/**
 * The signal a decide request asks about. Tenant and actor are those of the token (D-12): naming others is FORBIDDEN without a role for it, never
 * quietly corrected. With a signal id the id is that of the topic; without one it is that of the Idempotency-Key; without either, random
 * (interface 3, D-73). Throws VALIDATION_ERROR and the codes of the normaliser.
 */
export const signalOfDecide = async (
  deps: DecideRequestDeps,
  caller: Caller,
  body: DecideBody,
  request: { readonly idempotencyKey: string | null; readonly traceParent: string | null },
): Promise<MmmSignalInput> => {
  const sent = body.signal ?? {};
  for (const [field, tenant] of [
    ['tenant_id', body.tenant_id],
    ['signal.tenant_id', sent['tenant_id']],
  ] as const) {
    if (!isAbsent(tenant) && tenant !== caller.tenantId)
      throw new MmmError('FORBIDDEN', `${field}: is not the tenant of the token`);
  }
  const actorId = actorOf(caller, body, sent);
  const ownId = firstOf(sent['signal_id']);
  const now = new Date(deps.now()).toISOString();
  const document = {
    ...sent,
    tenant_id: caller.tenantId,
    actor_id: actorId,
    signal_id: ownId ?? deps.randomId(),
    ...(isAbsent(sent['signal_type']) && isAbsent(sent['event_type']) ? { signal_type: DECIDE_REQUESTED } : {}),
    ...(isAbsent(sent['occurred_at']) && isAbsent(sent['ts']) ? { occurred_at: now } : {}),
    ...(isAbsent(sent['actor_type']) && !isAbsent(body.actor_type) ? { actor_type: body.actor_type } : {}),
    resource: placeOf(sent, asDocument(body.context)),
  };
  const outcome = await deps.normalise('pm3', document, {
    origin: HTTP_ORIGIN,
    recordTimestampMs: null,
    receivedAtMs: deps.now(),
    traceParent: request.traceParent,
  });
  if (outcome.kind === 'rejected') throw new MmmError(outcome.code, `signal: ${outcome.message}`);
  // The normaliser mends texts; what came out of it is what counts.
  if (outcome.signal.tenant_id !== caller.tenantId || outcome.signal.actor_id !== actorId) {
    throw new MmmError('VALIDATION_ERROR', 'actor_id: is not a valid id', { details: { field: 'actor_id' } });
  }
  if (ownId !== undefined) return outcome.signal;
  const key = request.idempotencyKey;
  return {
    ...outcome.signal,
    source: 'http',
    source_signal_id: key,
    signal_id: idFrom(deps.ids, 'signal', ['http', caller.tenantId, caller.subject, key ?? deps.randomId()]),
  };
};

const actorOf = (caller: Caller, body: DecideBody, sent: Readonly<Record<string, unknown>>): string => {
  const actorId = firstOf(body.actor_id, sent['actor_id']) ?? caller.subject;
  if (typeof actorId !== 'string')
    throw new MmmError('VALIDATION_ERROR', 'signal.actor_id: must be string', {
      details: { field: 'signal.actor_id' },
    });
  if (!isAbsent(sent['actor_id']) && sent['actor_id'] !== actorId) {
    throw new MmmError('VALIDATION_ERROR', 'signal.actor_id: is not the actor_id of the request', {
      details: { field: 'signal.actor_id' },
    });
  }
  if (!mayActFor(caller, actorId)) {
    throw new MmmError('FORBIDDEN', 'actor_id: is not the subject of the token, and the token has no role mmm_service');
  }
  return actorId;
};

/** Nearest wins: the envelope's resource, then our own field names on the signal, then the context of the request. */
const placeOf = (
  sent: Readonly<Record<string, unknown>>,
  context: Readonly<Record<string, unknown>>,
): Record<string, unknown> => {
  const place: Record<string, unknown> = { ...asDocument(sent['resource']) };
  for (const [ours, theirs] of Object.entries(PLACE)) {
    const value = firstOf(place[theirs], sent[ours], context[ours]);
    if (value !== undefined) place[theirs] = value;
  }
  return place;
};
