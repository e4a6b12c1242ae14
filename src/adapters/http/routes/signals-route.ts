import type { FastifyInstance } from 'fastify';
import { type Caller, mayActFor } from '../../../admin/ports/caller.ts';
import { type ErrorCode, ERRORS } from '../../../errors.ts';
import type { MmmSignalInput } from '../../../generated/records.ts';
import { signalRecord } from '../../../pipeline/intake/signal-record.ts';
import type { Clock } from '../../../pipeline/ports/clock.ts';
import type { RecordCodec } from '../../../pipeline/ports/codec.ts';
import type { RecordWriter } from '../../../pipeline/ports/intake.ts';
import type { Logger } from '../../../pipeline/ports/logger.ts';
import type { Metrics } from '../../../pipeline/ports/metrics.ts';
import { HTTP_ORIGIN, type NormaliseDocument, type Note } from '../../../pipeline/ports/normaliser.ts';
import type { OutputRecord } from '../../../pipeline/ports/records.ts';
import { callerOf, requireScope } from '../authenticate.ts';
import { BEARER_AUTH, replies } from '../schemas.ts';
import type { VerifyToken } from '../verify-token.ts';

export interface SignalsRouteDeps {
  readonly verifyToken: VerifyToken | null;
  readonly normalise: NormaliseDocument;
  readonly codec: RecordCodec;
  readonly writer: RecordWriter;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** 1,000 envelopes of the usual 1 to 2 KB with room; one record may still be 1 MB. */
const BODY_MAX_BYTES = 4 * 1_048_576;
const MAX_SIGNALS = 1_000;

/** As contracts 1.6, and `mmm_signal_id` beside it: what `explain` and the headers of the topics know the signal by. */
interface ItemResult {
  readonly signal_id: string | null;
  readonly status: 'accepted' | 'rejected';
  readonly mmm_signal_id?: string;
  readonly error_code?: ErrorCode;
  readonly error_message?: string;
  readonly warnings: readonly Note[];
}

type Item =
  | {
      readonly kind: 'accepted';
      readonly signal: MmmSignalInput;
      readonly record: OutputRecord;
      readonly notes: readonly Note[];
    }
  | { readonly kind: 'rejected'; readonly stage: string; readonly code: ErrorCode; readonly message: string };

const rejected = (code: ErrorCode, message: string, stage = 'normalise'): Item => ({
  kind: 'rejected',
  stage,
  code,
  message,
});

/** A bad item is answered and not dead-lettered: its sender is at the other end and has it still. */
export const addSignalsRoute = (app: FastifyInstance, deps: SignalsRouteDeps): void => {
  app.post<{ Body: { signals: readonly unknown[] } }>(
    '/v1/mmm/signals',
    {
      bodyLimit: BODY_MAX_BYTES,
      onRequest: requireScope(deps.verifyToken, 'mmm.decide'),
      schema: {
        summary: 'Hand in 1 to 1000 signals; each is answered by itself',
        tags: ['signals'],
        security: BEARER_AUTH,
        body: {
          type: 'object',
          required: ['signals'],
          properties: {
            signals: {
              type: 'array',
              minItems: 1,
              maxItems: MAX_SIGNALS,
              // Not more: one envelope of the wrong shape must not cost the other 999 their answer.
              items: { description: 'SIN signal envelope; schema pm3.signals.normalized-value' },
            },
          },
        },
        response: replies({ $ref: 'SignalsResponse#' }, 401, 403, 413, 415, 422, 503),
      },
    },
    async (request) => {
      const caller = callerOf(request);
      const documents = request.body.signals;
      const traceParent = request.headers['traceparent'];
      const items: Item[] = [];
      for (const document of documents)
        items.push(await itemOf(deps, caller, document, typeof traceParent === 'string' ? traceParent : null));
      const records = items.flatMap((item) => (item.kind === 'accepted' ? [item.record] : []));
      // Durable before the reply; a reply that is lost makes the sender ask again, and the same ids are found in the journal.
      if (records.length > 0) await deps.writer.append(records);
      count(deps.metrics, items);
      const results = items.map((item, index) => resultOf(item, documents[index]));
      return {
        results,
        summary: { total: items.length, accepted: records.length, rejected: items.length - records.length, dlq: 0 },
      };
    },
  );
};

const itemOf = async (
  deps: SignalsRouteDeps,
  caller: Caller,
  document: unknown,
  traceParent: string | null,
): Promise<Item> => {
  const pending = deps.normalise('pm3', document, {
    origin: HTTP_ORIGIN,
    recordTimestampMs: null,
    receivedAtMs: deps.clock.now(),
    traceParent,
  });
  const outcome = pending instanceof Promise ? await pending : pending;
  if (outcome.kind === 'rejected') return rejected(outcome.code, outcome.message, outcome.stage);
  const { signal, notes } = outcome;
  if (signal.tenant_id !== caller.tenantId) return rejected('FORBIDDEN', '$.tenant_id: is not the tenant of the token');
  if (!mayActFor(caller, signal.actor_id)) {
    return rejected('FORBIDDEN', '$.actor_id: is not the subject of the token, and the token has no role mmm_service');
  }
  try {
    return { kind: 'accepted', signal, notes, record: signalRecord(signal, { headers: {} }, deps.codec) };
  } catch (error) {
    deps.logger.error('signal_not_encodable', { signal_id: signal.signal_id, error });
    return rejected('UNEXPECTED_FAILURE', ERRORS.UNEXPECTED_FAILURE.meaning);
  }
};

const resultOf = (item: Item, document: unknown): ItemResult => {
  const id = (document as { signal_id?: unknown } | null)?.signal_id;
  const signal_id = typeof id === 'string' ? id.slice(0, 255) : null;
  return item.kind === 'accepted'
    ? { signal_id, status: 'accepted', mmm_signal_id: item.signal.signal_id, warnings: item.notes }
    : { signal_id, status: 'rejected', error_code: item.code, error_message: item.message, warnings: [] };
};

/** G1: received = rejected + normalised, as by topic. Counted after the write: a request that ends in 503 comes again. */
const count = (metrics: Metrics, items: readonly Item[]): void => {
  metrics.records('intake', 'received', '', items.length);
  for (const item of items) {
    if (item.kind === 'rejected') metrics.records(item.stage, 'rejected', item.code);
    else metrics.records('normalise', 'normalised', item.signal.actor_id === null ? 'context_only' : 'actor');
  }
};
