import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { configuredVerifier, type VerifierSettings } from '../../../src/adapters/http/configured-verifier.ts';
import { openDevTokens } from '../../../src/adapters/http/dev-tokens.ts';
import { NOON_MS, quietLogger } from '../../pipeline/harness.ts';
import { AUDIENCE, ISSUER, keySet, tokenOf } from './harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'mmm-verifier-'));
const file = join(folder, 'jwks.json');
writeFileSync(file, JSON.stringify(keySet));
afterAll(() => rmSync(folder, { recursive: true }));

const noKeys = { jwksUrl: null, jwksFile: null, issuer: null, audience: AUDIENCE };
const settings: VerifierSettings = {
  jwt: noKeys,
  backend: 'embedded',
  host: '127.0.0.1',
  dataDir: folder,
  logger: quietLogger,
  now: () => NOON_MS,
};
const devToken = (): Promise<string> =>
  openDevTokens(folder, { backend: 'embedded', host: '127.0.0.1', hasKeySet: false }).issue({
    tenantId: 'demo',
    subject: 'dev1',
    roles: [],
    scopes: [],
    audience: AUDIENCE,
    issuedAtMs: NOON_MS,
    hours: 1,
  });

test('the embedded default on loopback takes development tokens', async () => {
  const { verifyToken, said } = configuredVerifier(settings);
  expect(await verifyToken?.(await devToken())).toMatchObject({ tenantId: 'demo' });
  expect(said).toContain('npx mmm token');
});

test('with a key set its tokens count, and development tokens no more', async () => {
  const { verifyToken } = configuredVerifier({ ...settings, jwt: { ...noKeys, jwksFile: file, issuer: ISSUER } });
  expect(await verifyToken?.(await tokenOf())).toMatchObject({ subject: 'dev1' });
  await expect(verifyToken?.(await devToken())).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
});

test('distributed, off loopback, or a key set without its issuer: nobody gets in, and the start says so', () => {
  const closed: VerifierSettings[] = [
    { ...settings, backend: 'distributed' },
    { ...settings, host: '0.0.0.0' },
    { ...settings, jwt: { ...noKeys, jwksFile: file } },
  ];
  for (const one of closed) {
    const { verifyToken, said } = configuredVerifier(one);
    expect(verifyToken).toBeNull();
    expect(said).toContain('only health, ready and openapi.json answer');
  }
});

test('a key file that can not be read stops the start', () => {
  const jwt = { ...noKeys, jwksFile: join(folder, 'none.json'), issuer: ISSUER };
  let code: unknown = null;
  try {
    configuredVerifier({ ...settings, jwt });
  } catch (error) {
    ({ code } = error as { code: unknown });
  }
  expect(code).toBe('CONFIG_INVALID');
});
