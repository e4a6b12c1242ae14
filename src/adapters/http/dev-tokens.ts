import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type JSONWebKeySet, SignJWT } from 'jose';
import { MmmError } from '../../errors.ts';

/** Tokens for trying things out. They exist only where nobody else can reach the API (interface 6). */
export interface DevTokens {
  readonly issuer: string;
  readonly keys: JSONWebKeySet;
  issue(claims: DevClaims): Promise<string>;
}

export interface DevClaims {
  readonly tenantId: string;
  readonly subject: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly audience: string;
  readonly issuedAtMs: number;
  readonly hours: number;
}

export interface DevTokenPlace {
  readonly backend: 'embedded' | 'distributed';
  readonly host: string;
  /** A real key set was given: then only its tokens count. */
  readonly hasKeySet: boolean;
}

const ISSUER = 'mmm-development';
const KEY_ID = 'mmm-development';
const KEY_FILE = 'development-token-key.pem';

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|\[::1\]|localhost)$/;

/** Why there are no development tokens here; null: there are. */
export const devTokensRefused = (place: DevTokenPlace): string | null => {
  if (place.backend !== 'embedded')
    return 'development tokens exist only on the embedded default (MMM_BACKEND=embedded)';
  if (!LOOPBACK.test(place.host)) return `development tokens exist only on loopback, MMM_HTTP_HOST is ${place.host}`;
  if (place.hasKeySet) return 'MMM_JWKS_URL or MMM_JWKS_FILE is set: get a token from its issuer';
  return null;
};

/** Opens (or makes, mode 0600) the key in the data folder. Throws CONFIG_INVALID where `devTokensRefused` says so. */
export const openDevTokens = (dataDir: string, place: DevTokenPlace): DevTokens => {
  const refused = devTokensRefused(place);
  if (refused !== null) throw new MmmError('CONFIG_INVALID', refused);
  const key = ensureKey(dataDir);
  const publicKey = createPublicKey(key).export({ format: 'jwk' });
  return {
    issuer: ISSUER,
    keys: { keys: [{ ...publicKey, kid: KEY_ID, alg: 'EdDSA', use: 'sig' }] },
    issue: (claims) =>
      new SignJWT({ tenant_id: claims.tenantId, roles: [...claims.roles], scope: claims.scopes.join(' ') })
        .setProtectedHeader({ alg: 'EdDSA', kid: KEY_ID, typ: 'JWT' })
        .setIssuer(ISSUER)
        .setAudience(claims.audience)
        .setSubject(claims.subject)
        .setIssuedAt(Math.floor(claims.issuedAtMs / 1_000))
        .setExpirationTime(Math.floor(claims.issuedAtMs / 1_000 + claims.hours * 3_600))
        .sign(key),
  };
};

/** `serve` and `token` may both be first: the file appears whole or not at all, and the first one wins. */
const ensureKey = (dataDir: string): KeyObject => {
  const path = join(dataDir, KEY_FILE);
  const held = readKey(path);
  if (held !== null) return held;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const fresh = `${path}.${randomUUID()}`;
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(fresh, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(fresh, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(fresh, { force: true });
  }
  return readKey(path) ?? privateKey;
};

const readKey = (path: string): KeyObject | null => {
  try {
    return createPrivateKey(readFileSync(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new MmmError('CONFIG_INVALID', `${path} can not be read as a key; delete it and it is made anew`);
  }
};
