import { readFileSync } from 'node:fs';
import { createLocalJWKSet, createRemoteJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { MmmError } from '../../errors.ts';

/** A person waits for the answer: a key server that takes longer is away. */
const FETCH_TIMEOUT_MS = 2_000;
/** An unknown key id makes one look at the server in this time, however many bad tokens come. */
const COOLDOWN_MS = 30_000;
/** A revoked key works this much longer. */
const MAX_AGE_MS = 600_000;

/** Keys by URL. A server that does not answer is DEPENDENCY_UNAVAILABLE (503), a key it does not have is a bad token. */
export const remoteTokenKeys = (url: string): JWTVerifyGetKey => {
  const keys = createRemoteJWKSet(new URL(url), {
    timeoutDuration: FETCH_TIMEOUT_MS,
    cooldownDuration: COOLDOWN_MS,
    cacheMaxAge: MAX_AGE_MS,
  });
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (cause) {
      if (cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JWKSMultipleMatchingKeys) throw cause;
      if (cause instanceof errors.JOSENotSupported) throw cause;
      throw new MmmError('DEPENDENCY_UNAVAILABLE', 'the token keys can not be fetched', { cause });
    }
  };
};

/** Keys from a file, read once at start; throws CONFIG_INVALID if it is not a key set. */
export const fileTokenKeys = (path: string): JWTVerifyGetKey => {
  try {
    return localTokenKeys(JSON.parse(readFileSync(path, 'utf8')) as JSONWebKeySet);
  } catch (cause) {
    throw new MmmError('CONFIG_INVALID', `MMM_JWKS_FILE: ${path} is not a JSON Web Key Set that can be read`, {
      cause,
    });
  }
};

export const localTokenKeys = (set: JSONWebKeySet): JWTVerifyGetKey => createLocalJWKSet(set);
