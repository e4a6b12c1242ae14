import type { FastifyInstance } from 'fastify';
import type { DecisionReader } from '../../../admin/ports/decision-reader.ts';
import { listDecisions } from '../../../admin/queries/list-decisions.ts';
import { readDecision, readReceipt } from '../../../admin/queries/read-one.ts';
import { MmmError } from '../../../errors.ts';
import { parseDateTime } from '../../../pipeline/normalise/date-time.ts';
import { callerOf, requireScope } from '../authenticate.ts';
import { BEARER_AUTH, replies } from '../schemas.ts';
import type { VerifyToken } from '../verify-token.ts';

export interface DecisionsRoutesDeps {
  readonly verifyToken: VerifyToken | null;
  readonly reader: DecisionReader;
}

interface ListQuery {
  readonly actor_id?: string;
  readonly from?: string;
  readonly to?: string;
  readonly cursor?: string;
  readonly limit: number;
}

const JSON_TYPE = 'application/json; charset=utf-8';
const PAGE_DEFAULT = 20;
const PAGE_MAX = 100;

const id = { type: 'object', required: ['id'], properties: { id: { type: 'string', format: 'uuid' } } } as const;

/** What was decided, and the proof of it. One's own, with tenant_admin or mmm_admin the tenant's. */
export const addDecisionsRoutes = (app: FastifyInstance, deps: DecisionsRoutesDeps): void => {
  const onRequest = requireScope(deps.verifyToken, 'mmm.read');
  const common = { tags: ['decisions'], security: BEARER_AUTH };

  app.get<{ Querystring: ListQuery }>(
    '/v1/mmm/decisions',
    {
      onRequest,
      schema: {
        ...common,
        summary: 'Decisions, newest first',
        querystring: {
          type: 'object',
          properties: {
            actor_id: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[^\\x00-\\x1f\\x7f]*$' },
            from: { type: 'string', format: 'date-time', description: 'decided at or after' },
            to: { type: 'string', format: 'date-time', description: 'decided before' },
            cursor: { type: 'string', minLength: 1, maxLength: 1_000, description: 'next_cursor of the page before' },
            limit: { type: 'integer', minimum: 1, maximum: PAGE_MAX, default: PAGE_DEFAULT },
          },
        },
        response: replies({ $ref: 'DecisionPage#' }, 401, 403, 422, 503),
      },
    },
    async (request) => {
      const { query } = request;
      const page = await listDecisions(deps.reader, callerOf(request), {
        actorId: query.actor_id ?? null,
        fromMs: timeOf(query.from, 'from'),
        toMs: timeOf(query.to, 'to'),
        cursor: query.cursor ?? null,
        limit: query.limit,
      });
      return { decisions: page.bodies.map((body) => JSON.parse(body) as unknown), next_cursor: page.nextCursor };
    },
  );

  app.get<{ Params: { id: string } }>(
    '/v1/mmm/decisions/:id',
    {
      onRequest,
      schema: {
        ...common,
        summary: 'One decision',
        params: id,
        response: replies({ $ref: 'Decision#' }, 401, 403, 404, 503),
      },
    },
    async (request, reply) =>
      reply.type(JSON_TYPE).send(await readDecision(deps.reader, callerOf(request), request.params.id)),
  );

  app.get<{ Params: { id: string } }>(
    '/v1/mmm/receipts/:id',
    {
      onRequest,
      schema: {
        ...common,
        summary: 'One signed receipt, byte for byte',
        params: id,
        response: replies({ $ref: 'Receipt#' }, 401, 403, 404, 503),
      },
    },
    async (request, reply) =>
      reply.type(JSON_TYPE).send(await readReceipt(deps.reader, callerOf(request), request.params.id)),
  );
};

const timeOf = (text: string | undefined, field: string): number | null => {
  if (text === undefined) return null;
  const parsed = parseDateTime(text);
  if (parsed === null)
    throw new MmmError('VALIDATION_ERROR', `${field}: must be an RFC 3339 date-time`, { details: { field } });
  // Year 0 is RFC 3339 and no year of PostgreSQL's; nothing was decided before 1970.
  return Math.max(0, parsed.ms);
};
