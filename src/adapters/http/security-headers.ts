import type { FastifyReply, FastifyRequest } from 'fastify';

/** Answers are data about one person: never sniffed, cached, framed or run. No CORS header at all: browsers of other origins get nothing. */
const HEADERS = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
} as const;

export const setSecurityHeaders = (request: FastifyRequest, reply: FastifyReply): void => {
  void reply.headers({ ...HEADERS, 'x-request-id': request.id });
};

/** The same as raw lines, for answers made before there is a request. */
export const rawSecurityHeaders = (): string =>
  Object.entries(HEADERS)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
