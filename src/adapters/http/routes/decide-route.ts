import type { FastifyInstance } from 'fastify';
import type { MmmSignalInput } from '../../../generated/records.ts';
import { MmmError } from '../../../errors.ts';
import { BUDGET_MS, type DecideNowAnswer } from '../../../pipeline/decide/decide-now.ts';
import type { Clock } from '../../../pipeline/ports/clock.ts';
import type { Metrics } from '../../../pipeline/ports/metrics.ts';
import { callerOf, requireScope } from '../authenticate.ts';
import { type DecideBody, type DecideRequestDeps, signalOfDecide } from '../decide-request.ts';
import { BEARER_AUTH, replies } from '../schemas.ts';
import type { VerifyToken } from '../verify-token.ts';

/** `decideNow` of the decide stage with its dependencies in place. Throws DEPENDENCY_UNAVAILABLE, OVERLOADED and what the journal throws. */
export type DecideNow = (signal: MmmSignalInput, budgetMs: number) => Promise<DecideNowAnswer>;

export interface DecideRouteDeps extends Omit<DecideRequestDeps, 'now'> {
  readonly verifyToken: VerifyToken | null;
  readonly decideNow: DecideNow;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

const maybeText = { type: ['string', 'null'], maxLength: 255 } as const;

/** R-67, design 3.3: the decision for one signal of the caller, answered while the person waits. */
export const addDecideRoute = (app: FastifyInstance, deps: DecideRouteDeps): void => {
  app.post<{ Body: DecideBody; Headers: { 'idempotency-key'?: string; traceparent?: string } }>(
    '/v1/mmm/decide',
    {
      onRequest: requireScope(deps.verifyToken, 'mmm.decide'),
      schema: {
        summary: 'Decide for one signal, now',
        tags: ['decisions'],
        security: BEARER_AUTH,
        headers: {
          type: 'object',
          properties: {
            'idempotency-key': {
              type: 'string',
              pattern: '^[\\x21-\\x7e]{1,255}$',
              description: 'the same key gives the same decision',
            },
          },
        },
        body: {
          type: 'object',
          properties: {
            tenant_id: { ...maybeText, description: 'must be the tenant of the token' },
            actor_id: { ...maybeText, description: 'the subject of the token if absent' },
            actor_type: { ...maybeText, description: 'human or ai_agent' },
            surface: {
              type: 'string',
              enum: ['ide', 'ci'],
              default: 'ide',
              description: 'sets the time budget: 150 ms or 500 ms',
            },
            context: {
              type: ['object', 'null'],
              description: 'repo_id, branch, commit, file_path, pr_id, plane; other fields are not read',
            },
            signal: { type: ['object', 'null'], description: 'MMMSignalInput or SIN envelope, also in part' },
          },
        },
        response: replies({ $ref: 'DecideResponse#' }, 401, 403, 409, 413, 415, 422, 503),
      },
    },
    async (request) => {
      const started = deps.clock.monotonicMs();
      const surface = request.body.surface ?? 'ide';
      const signal = await signalOfDecide({ ...deps, now: () => deps.clock.now() }, callerOf(request), request.body, {
        idempotencyKey: request.headers['idempotency-key'] ?? null,
        traceParent: request.headers.traceparent ?? null,
      });
      const budgetMs = BUDGET_MS[surface] - (deps.clock.monotonicMs() - started);
      const answer = await deps.decideNow(signal, budgetMs);
      deps.metrics.observe('mmm_decision_latency_seconds', (deps.clock.monotonicMs() - started) / 1_000);
      if (answer.latencyWarning) deps.metrics.count('mmm_decision_latency_warning_total', { surface });
      // A signal id that was decided for somebody else: their decision is not this caller's to see (G7).
      if (answer.decision !== null && answer.decision.actor_id !== signal.actor_id) {
        throw new MmmError('CONFLICT', 'the signal id or Idempotency-Key was used for another actor');
      }
      return {
        result: answer.result,
        decision: answer.decision,
        actions: answer.decision?.actions ?? [],
        latency_warning: answer.latencyWarning,
      };
    },
  );
};
