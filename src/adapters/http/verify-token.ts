import { errors, type JWTPayload, jwtVerify, type JWTVerifyGetKey } from 'jose';
import type { Caller } from '../../admin/ports/caller.ts';
import { MmmError } from '../../errors.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';

/** Throws UNAUTHORIZED for a bad token, DEPENDENCY_UNAVAILABLE when the keys can not be fetched (C-7, D-16). */
export type VerifyToken = (token: string) => Promise<Caller>;

export interface TokenSettings {
  readonly keys: JWTVerifyGetKey;
  readonly issuer: string;
  readonly audience: string;
  readonly logger: Logger;
  readonly now: () => number;
}

/** Asymmetric only: with an HS algorithm allowed, our public key would be the secret that anyone can sign with; `none` needs no key at all. */
const ALGORITHMS = ['RS256', 'EdDSA'];

/** Clocks of two machines under NTP; more only lengthens the life of a stolen token. */
const CLOCK_TOLERANCE_S = 5;

/**
 * Checks a JWT locally: signature, issuer, audience, expiry, then the claims (C-6). There is no breaker here, so that no number of bad tokens can
 * lock anyone out (D-15).
 */
export const createTokenVerifier =
  (settings: TokenSettings): VerifyToken =>
  async (token) => {
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, settings.keys, {
        algorithms: ALGORITHMS,
        issuer: settings.issuer,
        audience: settings.audience,
        requiredClaims: ['exp', 'sub', 'tenant_id'],
        clockTolerance: CLOCK_TOLERANCE_S,
        currentDate: new Date(settings.now()),
      }));
    } catch (error) {
      if (error instanceof MmmError) throw error;
      // Not from jose's own list: a key of the set that can not be used. Closed, but an operator has to hear of it.
      if (!(error instanceof errors.JOSEError)) settings.logger.warn('token_check_failed', { error });
      throw new MmmError(
        'UNAUTHORIZED',
        error instanceof errors.JWTExpired ? 'the token has expired' : 'the token is not valid',
      );
    }
    return callerFrom(payload);
  };

const CONTROL = /[\u0000-\u001f\u007f]/;
const isId = (value: unknown): value is string =>
  typeof value === 'string' && value.length >= 1 && value.length <= 255 && !CONTROL.test(value);

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];

/** Roles of another type than a list of texts are none: what can not be read permits nothing (G6). */
const callerFrom = (payload: JWTPayload): Caller => {
  const tenantId = payload['tenant_id'];
  if (!isId(tenantId)) throw new MmmError('UNAUTHORIZED', 'the token does not name a tenant (claim tenant_id)');
  if (!isId(payload.sub)) throw new MmmError('UNAUTHORIZED', 'the token does not name a subject (claim sub)');
  const scope = payload['scope'];
  return {
    tenantId,
    subject: payload.sub,
    roles: texts(payload['roles']),
    scopes: typeof scope === 'string' ? scope.split(' ').filter((one) => one !== '') : texts(scope),
  };
};
