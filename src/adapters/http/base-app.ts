import type { Socket } from 'node:net';
import { Ajv2020 } from 'ajv/dist/2020.js';
import Fastify, { type FastifyInstance } from 'fastify';
import { type ErrorCode, MmmError } from '../../errors.ts';
import type { Clock } from '../../pipeline/ports/clock.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import { createErrorSender, errorAnswer } from './error-reply.ts';
import { answerWithin } from './handler-deadline.ts';
import { rememberRoutes } from './known-routes.ts';
import { rawSecurityHeaders, setSecurityHeaders } from './security-headers.ts';

export interface BaseAppDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly randomId: () => string;
}

/** A body of this API is a question, not content. The signals route has its own, larger one. */
const BODY_MAX_BYTES = 1_048_576;

/** A client that sends slower than this holds a socket for nothing. Checked every 5 s, so the true limits are up to that much longer. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 15_000;
const TIMEOUT_CHECK_MS = 5_000;

/** Above the usual idle time of a proxy's pool (60 s), so that it is the proxy that closes and no request meets a closing socket. */
const KEEP_ALIVE_MS = 65_000;

/** The longest a route may take: twice the write time-out of the stores, so that their answer, and not this, is what is seen. */
const HANDLER_TIMEOUT_MS = 15_000;

/** Longer path parts are no ids of ours. */
const PARAM_MAX_CHARACTERS = 300;

/** A Fastify app with what every server of ours has: one error shape, headers, limits, time-outs, strict bodies. */
export const createBaseApp = (deps: BaseAppDeps): FastifyInstance => {
  const sendError = createErrorSender(deps);
  const app = Fastify({
    logger: false,
    bodyLimit: BODY_MAX_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: TIMEOUT_CHECK_MS },
    forceCloseConnections: 'idle',
    // Fastify's own 503 has another shape; what arrives on an open socket while we close is answered and the socket closed.
    return503OnClosing: false,
    genReqId: () => deps.randomId(),
    requestIdHeader: false,
    routerOptions: { maxParamLength: PARAM_MAX_CHARACTERS },
    frameworkErrors: (error, request, reply) => {
      void sendError(error, request, reply);
    },
    clientErrorHandler: (error, socket) => answerRaw(deps, error, socket),
  });

  answerWithin(app, HANDLER_TIMEOUT_MS);
  app.setValidatorCompiler(({ schema, httpPart }) => (isText(httpPart) ? texts : bodies).compile(schema as object));
  // Replies go out as they are: a serialiser built from the schema would drop or turn what the schema forgot.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.removeAllContentTypeParsers();
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    let text: string;
    try {
      text = UTF8.decode(body as Buffer);
    } catch {
      done(new MmmError('VALIDATION_ERROR', 'body: is not valid UTF-8'), undefined);
      return;
    }
    void parseJson(request, text, done);
  });

  app.addHook('onRequest', async (request, reply) => setSecurityHeaders(request, reply));
  app.setErrorHandler((error, request, reply) => sendError(error, request, reply));
  const routes = rememberRoutes(app);
  app.setNotFoundHandler((request, reply) => {
    const allowed = routes.methodsOf(request.url);
    if (allowed.length === 0) throw new MmmError('RESOURCE_NOT_FOUND', 'there is no such route');
    void reply.header('allow', allowed.join(', '));
    throw new MmmError('METHOD_NOT_ALLOWED');
  });
  return app;
};

/** Numbers in a body stay what they are; in an address everything is text and has to be read. Formats are documentation: times are parsed by hand. */
const AJV = {
  strict: false,
  useDefaults: true,
  removeAdditional: false,
  allErrors: false,
  validateFormats: false,
} as const;
const bodies = new Ajv2020({ ...AJV, coerceTypes: false });
const texts = new Ajv2020({ ...AJV, coerceTypes: true });
const isText = (part: string | undefined): boolean => part === 'querystring' || part === 'params' || part === 'headers';

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Answers what never became a request: broken HTTP, headers over the limit, a client too slow. */
const answerRaw = (deps: BaseAppDeps, error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const code: ErrorCode = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'REQUEST_TIMEOUT' : 'BAD_REQUEST';
  const { status, body } = errorAnswer(new MmmError(code), deps.randomId(), deps.clock.now());
  const text = JSON.stringify(body);
  const head = `HTTP/1.1 ${status} ${code}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(text)}\r\n`;
  socket.end(`${head}${rawSecurityHeaders()}connection: close\r\n\r\n${text}`, () => socket.destroy());
};
