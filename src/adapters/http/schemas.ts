/** JSON Schemas of replies, shared by the routes and printed as components of the OpenAPI document. Documentation: nothing is serialised by them. */
const text = { type: 'string' } as const;
const maybeText = { type: ['string', 'null'] } as const;
const flag = { type: 'boolean' } as const;
const texts = { type: 'array', items: text } as const;
const time = { type: 'string', format: 'date-time' } as const;
const closed = (properties: Record<string, object>, optional: readonly string[] = []): object => ({
  type: 'object',
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  properties,
});

export const SHARED_SCHEMAS: readonly (Record<string, unknown> & { readonly $id: string })[] = [
  {
    $id: 'Error',
    ...closed({
      error: closed(
        {
          code: { type: 'string', description: 'a code of the README' },
          message: text,
          details: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } },
          retryable: flag,
          request_id: text,
          timestamp: time,
        },
        ['details'],
      ),
    }),
  },
  {
    $id: 'Action',
    ...closed({
      action_id: text,
      type: { type: 'string', enum: ['mirror', 'mentor', 'multiplier'] },
      surfaces: { type: 'array', items: { type: 'string', enum: ['ide', 'ci', 'alert'] } },
      payload: {
        type: 'object',
        description: 'by surface',
        additionalProperties: closed({
          title: text,
          body: text,
          variant: { type: 'string', enum: ['card', 'check-summary', 'notification', 'digest'] },
          cta: { ...closed({ label: text, action_ref: maybeText, href: maybeText }), type: ['object', 'null'] },
        }),
      },
      rationale: closed({
        summary: text,
        why_relevant: text,
        evidence_links: { type: 'array', items: closed({ type: text, href: text, label: text }) },
        baseline_comparison: maybeText,
      }),
      requires_consent: flag,
      dual_channel_required: flag,
      payload_hash: text,
    }),
  },
  {
    $id: 'Decision',
    ...closed({
      event_id: text,
      event_type: text,
      timestamp_utc: time,
      decision_id: text,
      signal_id: text,
      tenant_id: text,
      actor_id: text,
      actor_type: { type: 'string', enum: ['human', 'ai_agent', 'service'] },
      decided_at: time,
      context: { type: 'object', additionalProperties: true },
      actions: { type: 'array', items: { $ref: 'Action#' } },
      candidates: {
        type: 'array',
        items: closed({
          playbook_id: text,
          playbook_version: { type: 'integer' },
          action_type: text,
          disposition: text,
          reason_code: text,
          until: maybeText,
          continues: maybeText,
        }),
      },
      policy_snapshot_id: maybeText,
      policy_version_ids: texts,
      policy_stale: flag,
      degraded_mode: flag,
      degraded_reasons: texts,
      latency_warning: flag,
      receipt_id: text,
      receipt_status: text,
    }),
  },
  {
    $id: 'DecideResponse',
    ...closed({
      result: {
        type: 'string',
        description: 'why there is a decision or none; over_budget: nothing was decided or stored in time',
      },
      decision: { anyOf: [{ $ref: 'Decision#' }, { type: 'null' }] },
      actions: { type: 'array', items: { $ref: 'Action#' } },
      latency_warning: flag,
    }),
  },
  {
    $id: 'SignalsResponse',
    ...closed({
      results: {
        type: 'array',
        items: closed(
          {
            signal_id: { type: ['string', 'null'], description: "the sender's own id" },
            status: { type: 'string', enum: ['accepted', 'rejected', 'dlq'] },
            mmm_signal_id: { type: 'string', description: 'the id in this engine, the same as by topic' },
            error_code: text,
            error_message: text,
            warnings: texts,
          },
          ['mmm_signal_id', 'error_code', 'error_message'],
        ),
      },
      summary: closed({
        total: { type: 'integer' },
        accepted: { type: 'integer' },
        rejected: { type: 'integer' },
        dlq: { type: 'integer' },
      }),
    }),
  },
  {
    $id: 'DecisionPage',
    ...closed({ decisions: { type: 'array', items: { $ref: 'Decision#' } }, next_cursor: maybeText }),
  },
  {
    $id: 'Receipt',
    type: 'object',
    description: 'signed: verify over the compact sorted JSON without `signature`',
    additionalProperties: true,
  },
];

const error = (description: string): object => ({ description, $ref: 'Error#' });

const ERRORS_BY_STATUS: Readonly<Record<number, object>> = {
  401: error('no token, or a bad one'),
  403: error('the token does not allow this'),
  404: error('there is no such thing for this caller'),
  409: error('the id belongs to something else'),
  413: error('the body is over the limit'),
  415: error('the body is not JSON by its content type'),
  422: error('the shape is wrong; the message names the field'),
  500: error('a fault of ours'),
  503: error('a dependency is away; wait as Retry-After says'),
};

/** The `response` part of a route's schema: its success, and every error it can answer. */
export const replies = (success: object, ...errors: readonly number[]): Record<number, object> => {
  const all: Record<number, object> = { 200: success };
  for (const status of [...errors, 500]) all[status] = ERRORS_BY_STATUS[status] ?? error('an error');
  return all;
};

export const BEARER_AUTH: Record<string, string[]>[] = [{ bearerAuth: [] }];
