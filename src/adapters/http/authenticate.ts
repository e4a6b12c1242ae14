import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { Caller, Scope } from '../../admin/ports/caller.ts';
import { MmmError } from '../../errors.ts';
import type { VerifyToken } from './verify-token.ts';

/** Callers by request, and not on it: nothing a client sends can put one there. */
const callers = new WeakMap<FastifyRequest, Caller>();

/** RFC 6750: the scheme is a word of its own, and a token without it is no token (D-17). */
const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]+)$/i;

/** Runs before the body is read, so that nobody without a token can make us parse. Null: no keys are configured, nobody gets in. */
export const requireScope =
  (verify: VerifyToken | null, scope: Scope): onRequestAsyncHookHandler =>
  async (request) => {
    const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) throw new MmmError('UNAUTHORIZED', 'the Authorization header must be: Bearer <token>');
    if (verify === null)
      throw new MmmError('UNAUTHORIZED', 'no token keys are configured (MMM_JWKS_URL or MMM_JWKS_FILE)');
    const caller = await verify(token);
    if (!caller.scopes.includes(scope)) {
      throw new MmmError('FORBIDDEN', `the token does not have scope ${scope}`, { details: { scope } });
    }
    callers.set(request, caller);
  };

/** The caller of a route that has `requireScope`. Throws where it does not: a route can not forget it in silence. */
export const callerOf = (request: FastifyRequest): Caller => {
  const caller = callers.get(request);
  if (caller === undefined) throw new MmmError('INTERNAL_ERROR', 'the route does not require a scope');
  return caller;
};
