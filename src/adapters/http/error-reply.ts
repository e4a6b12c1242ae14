import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorCode, ERRORS, MmmError } from '../../errors.ts';
import type { Clock } from '../../pipeline/ports/clock.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import { HTTP_ERRORS } from './error-status.ts';
import { setSecurityHeaders } from './security-headers.ts';

/** The one error shape (interface 6; the older engine had two). */
export interface ErrorBody {
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly details?: Readonly<Record<string, string | number | boolean>>;
    readonly retryable: boolean;
    readonly request_id: string;
    readonly timestamp: string;
  };
}

export interface ErrorAnswer {
  readonly status: number;
  readonly body: ErrorBody;
}

/** Long enough that a dependency can come back, short enough that a person does not notice a second try. */
export const RETRY_AFTER_S = 2;

/** What fastify's own errors mean in our catalogue. What is not here and not a 4xx is a fault of ours. */
const FRAMEWORK: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_MAX_PARAM_LENGTH: 'RESOURCE_NOT_FOUND',
};
const BODY: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_JSON_BODY:
    'body: is not JSON, or has a key that is not allowed (__proto__, constructor.prototype)',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'body: is empty',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'body: is not as long as Content-Length says',
  FST_ERR_BAD_URL: 'path: is not a valid address',
};

interface Violation {
  readonly instancePath: string;
  readonly keyword: string;
  readonly message?: string;
  readonly params: Record<string, unknown>;
}

/** Any thrown value as one of ours. Framework errors are told apart by their code, never by their text. */
export const asMmmError = (error: unknown): MmmError => {
  if (error instanceof MmmError) return error;
  const { code, validation, validationContext, statusCode } = error as {
    code?: unknown;
    validation?: readonly Violation[];
    validationContext?: string;
    statusCode?: number;
  };
  if (validation !== undefined) return violationOf(validationContext ?? 'body', validation[0]);
  if (typeof code === 'string') {
    const known = FRAMEWORK[code];
    if (known !== undefined) return new MmmError(known);
    const said = BODY[code];
    if (said !== undefined) return new MmmError('VALIDATION_ERROR', said);
    if (code.startsWith('FST_') && statusCode !== undefined && statusCode < 500) return new MmmError('BAD_REQUEST');
  }
  return new MmmError('INTERNAL_ERROR', undefined, { cause: error });
};

/** Names the field and the rule, never the value that broke it. */
const violationOf = (where: string, violation: Violation | undefined): MmmError => {
  const missing = violation?.params['missingProperty'];
  const path = `${violation?.instancePath ?? ''}${typeof missing === 'string' ? `/${missing}` : ''}`;
  const field = path.replace(/^\//, '').replaceAll('/', '.') || where;
  const rule = typeof missing === 'string' ? 'is missing' : (violation?.message ?? 'does not have the right shape');
  return new MmmError('VALIDATION_ERROR', `${field}: ${rule}`, { details: { field, in: where } });
};

/** Status and body of an error. A 500 and a hidden dependency say what the catalogue says and nothing of their insides. */
export const errorAnswer = (error: MmmError, requestId: string, nowMs: number): ErrorAnswer => {
  const { status, shown } = HTTP_ERRORS[error.code];
  const code = shown ?? error.code;
  const open = shown === undefined && status !== 500;
  return {
    status,
    body: {
      error: {
        code,
        message: open ? error.message : ERRORS[code].meaning,
        ...(open && Object.keys(error.details).length > 0 ? { details: error.details } : {}),
        retryable: ERRORS[code].retriable,
        request_id: requestId,
        timestamp: new Date(nowMs).toISOString(),
      },
    },
  };
};

/** Answers with the error and its headers; logs what is not the caller's doing. */
export const createErrorSender =
  (deps: { readonly clock: Clock; readonly logger: Logger }) =>
  (thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const error = asMmmError(thrown);
    const { status, body } = errorAnswer(error, request.id, deps.clock.now());
    if (status >= 500) {
      const fields = { request_id: request.id, route: request.routeOptions?.url ?? '', status, error };
      if (status === 500) deps.logger.error('http_fault', fields);
      else deps.logger.warn('http_unavailable', fields);
    }
    // Set again: framework errors (a bad address) come without the hooks.
    setSecurityHeaders(request, reply);
    if (status === 401) void reply.header('www-authenticate', 'Bearer');
    if (status === 503 || status === 429) void reply.header('retry-after', String(RETRY_AFTER_S));
    return reply.code(status).type('application/json; charset=utf-8').send(body);
  };
