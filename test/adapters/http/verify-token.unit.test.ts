import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  CompactSign,
  exportJWK,
  exportPKCS8,
  exportSPKI,
  generateKeyPair,
  importPKCS8,
  SignJWT,
  UnsecuredJWT,
} from 'jose';
import { localTokenKeys, remoteTokenKeys } from '../../../src/adapters/http/token-keys.ts';
import { createTokenVerifier, type VerifyToken } from '../../../src/adapters/http/verify-token.ts';
import { NOON_MS, quietLogger, TENANT } from '../../pipeline/harness.ts';
import { AUDIENCE, claims, ed, ISSUER, keySet, rsa, tokenOf } from './harness.ts';

const settings = { issuer: ISSUER, audience: AUDIENCE, logger: quietLogger, now: () => NOON_MS };
const verify = createTokenVerifier({ ...settings, keys: localTokenKeys(keySet) });
const refused = { code: 'UNAUTHORIZED', retriable: false };

test('EdDSA and RS256 tokens give tenant, subject, roles and scopes', async () => {
  const caller = { tenantId: TENANT, subject: 'dev1', roles: ['tenant_admin'], scopes: ['mmm.decide', 'mmm.read'] };
  const payload = { roles: ['tenant_admin'], scope: 'mmm.decide  mmm.read' };
  expect(await verify(await tokenOf(payload))).toEqual(caller);
  const byRsa = new SignJWT(claims({ ...payload, scope: ['mmm.decide', 'mmm.read'] })).setProtectedHeader({
    alg: 'RS256',
    kid: 'rsa',
  });
  expect(await verify(await byRsa.sign(rsa.privateKey))).toEqual(caller);
});

describe('a forged or unfit token is refused, and never retryable', () => {
  const cases: Record<string, () => Promise<string>> = {
    'algorithm none': async () => new UnsecuredJWT(claims()).encode(),
    'HS256 with the public key as the secret': async () =>
      new SignJWT(claims())
        .setProtectedHeader({ alg: 'HS256', kid: 'rsa' })
        .sign(Buffer.from(await exportSPKI(rsa.publicKey))),
    ES256: async () =>
      new SignJWT(claims())
        .setProtectedHeader({ alg: 'ES256', kid: 'ed' })
        .sign((await generateKeyPair('ES256')).privateKey),
    'PS256 with a key of the set': async () => {
      return new SignJWT(claims())
        .setProtectedHeader({ alg: 'PS256', kid: 'rsa' })
        .sign(await importPKCS8(await exportPKCS8(rsa.privateKey), 'PS256'));
    },
    'another key under a known id': async () =>
      new SignJWT(claims())
        .setProtectedHeader({ alg: 'EdDSA', kid: 'ed' })
        .sign((await generateKeyPair('EdDSA')).privateKey),
    'an unknown key id': async () =>
      new SignJWT(claims()).setProtectedHeader({ alg: 'EdDSA', kid: 'x' }).sign(ed.privateKey),
    'its own key in the header': async () => {
      const own = await generateKeyPair('EdDSA', { extractable: true });
      return new SignJWT(claims())
        .setProtectedHeader({ alg: 'EdDSA', jwk: await exportJWK(own.publicKey) })
        .sign(own.privateKey);
    },
    'another issuer': () => tokenOf({ iss: 'https://else.test' }),
    'no issuer': () => tokenOf({ iss: undefined }),
    'another audience': () => tokenOf({ aud: 'other' }),
    'no audience': () => tokenOf({ aud: undefined }),
    expired: () => tokenOf({ exp: NOON_MS / 1_000 - 60 }),
    'no expiry': () => tokenOf({ exp: undefined }),
    'not yet valid': () => tokenOf({ nbf: NOON_MS / 1_000 + 60 }),
    'no tenant': () => tokenOf({ tenant_id: undefined }),
    'an empty tenant': () => tokenOf({ tenant_id: '' }),
    'a tenant that is a list': () => tokenOf({ tenant_id: [TENANT] }),
    'a tenant with a NUL': () => tokenOf({ tenant_id: 't1\u0000' }),
    'a tenant of 256 characters': () => tokenOf({ tenant_id: 't'.repeat(256) }),
    'no subject': () => tokenOf({ sub: undefined }),
    'a changed payload': async () => {
      const [head = '', , signature = ''] = (await tokenOf()).split('.');
      return `${head}.${Buffer.from(JSON.stringify(claims({ sub: 'boss' }))).toString('base64url')}.${signature}`;
    },
    'a payload that is no object': () =>
      new CompactSign(Buffer.from('"x"')).setProtectedHeader({ alg: 'EdDSA', kid: 'ed' }).sign(ed.privateKey),
    garbage: () => Promise.resolve('a.b.c'),
    nothing: () => Promise.resolve(''),
  };
  test.each(Object.entries(cases))('%s', async (_name, make) => {
    await expect(verify(await make())).rejects.toMatchObject(refused);
  });
});

test('our list of algorithms holds also where the key set names none, or has a shared secret in it', async () => {
  const secret = Buffer.alloc(32, 7);
  const bare = keySet.keys.map(({ alg: _, ...key }) => key);
  const loose = { keys: [...bare, { kty: 'oct', kid: 'shared', k: secret.toString('base64url') }] };
  const open = createTokenVerifier({ ...settings, keys: localTokenKeys(loose) });
  const signed = async (alg: string, kid: string, key: Parameters<SignJWT['sign']>[0]): Promise<string> =>
    new SignJWT(claims()).setProtectedHeader({ alg, kid }).sign(key);
  const asPss = await importPKCS8(await exportPKCS8(rsa.privateKey), 'PS256');
  expect(await open(await signed('RS256', 'rsa', rsa.privateKey))).toMatchObject({ subject: 'dev1' });
  await expect(open(await signed('PS256', 'rsa', asPss))).rejects.toMatchObject(refused);
  await expect(open(await signed('HS256', 'shared', secret))).rejects.toMatchObject(refused);
});

test('roles and scopes of another type permit nothing', async () => {
  const caller = await verify(await tokenOf({ roles: 'mmm_admin', scope: { a: 1 } }));
  expect(caller).toMatchObject({ roles: [], scopes: [] });
});

describe('keys by URL', () => {
  let server: Server | null = null;
  let asked = 0;
  const serve = async (status: number): Promise<VerifyToken> => {
    asked = 0;
    server = createServer((_request, response) => {
      asked++;
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(keySet));
    });
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    return createTokenVerifier({
      ...settings,
      keys: remoteTokenKeys(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
    });
  };
  afterEach(() => new Promise<void>((resolve) => (server === null ? resolve() : server.close(() => resolve()))));

  test('a good token is good', async () => {
    expect(await (await serve(200))(await tokenOf())).toMatchObject({ subject: 'dev1' });
  });

  test('a key server that fails gives 503 and not 401 (D-16)', async () => {
    const token = await tokenOf();
    await expect((await serve(500))(token)).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE', retriable: true });
    const closed = createTokenVerifier({ ...settings, keys: remoteTokenKeys('http://127.0.0.1:1/') });
    await expect(closed(token)).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE', retriable: true });
  });

  test('a hundred bad tokens lock nobody out, and do not storm the key server (D-15)', async () => {
    const remote = await serve(200);
    for (let bad = 0; bad < 100; bad++) {
      const forged = new SignJWT(claims()).setProtectedHeader({ alg: 'EdDSA', kid: `made-up-${bad}` });
      await expect(remote(await forged.sign(ed.privateKey))).rejects.toMatchObject(refused);
    }
    expect(await remote(await tokenOf())).toMatchObject({ subject: 'dev1' });
    expect(asked).toBeLessThanOrEqual(2);
  });
});
