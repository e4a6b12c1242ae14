import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { devTokensRefused, type DevTokenPlace, openDevTokens } from '../../../src/adapters/http/dev-tokens.ts';
import { localTokenKeys } from '../../../src/adapters/http/token-keys.ts';
import { createTokenVerifier } from '../../../src/adapters/http/verify-token.ts';
import type { MmmError } from '../../../src/errors.ts';
import { quietLogger } from '../../pipeline/harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'mmm-tokens-'));
afterAll(() => rmSync(folder, { recursive: true }));
const here: DevTokenPlace = { backend: 'embedded', host: '127.0.0.1', hasKeySet: false };
const codeOf = (work: () => unknown): unknown => {
  try {
    work();
    return null;
  } catch (error) {
    return (error as MmmError).code;
  }
};
const claims = {
  tenantId: 'demo',
  subject: 'dev1',
  roles: ['r'],
  scopes: ['mmm.read'],
  audience: 'mmm',
  issuedAtMs: 1_000_000,
  hours: 1,
};

const verifierOf = (dataDir: string, nowMs: number): ReturnType<typeof createTokenVerifier> => {
  const { issuer, keys } = openDevTokens(dataDir, here);
  return createTokenVerifier({
    keys: localTokenKeys(keys),
    issuer,
    audience: 'mmm',
    logger: quietLogger,
    now: () => nowMs,
  });
};

test('what one process issues another one takes, until it expires', async () => {
  const dataDir = join(folder, 'a', 'b');
  const token = await openDevTokens(dataDir, here).issue(claims);
  expect(await verifierOf(dataDir, 1_000_000)(token)).toEqual({
    tenantId: 'demo',
    subject: 'dev1',
    roles: ['r'],
    scopes: ['mmm.read'],
  });
  await expect(verifierOf(dataDir, 1_000_000 + 3_610_000)(token)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  expect(statSync(join(dataDir, 'development-token-key.pem')).mode & 0o777).toBe(0o600);
  expect(readdirSync(dataDir)).toEqual(['development-token-key.pem']);
});

test('the key set holds no private part', () => {
  expect(Object.keys(openDevTokens(join(folder, 'c'), here).keys.keys[0]!)).not.toContain('d');
});

test("another folder's token is refused", async () => {
  const token = await openDevTokens(join(folder, 'd'), here).issue(claims);
  await expect(verifierOf(join(folder, 'e'), 1_000_000)(token)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
});

test('they exist only on the embedded default, on loopback, without a real key set', () => {
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost'])
    expect(devTokensRefused({ ...here, host })).toBeNull();
  const refused: DevTokenPlace[] = [
    { ...here, backend: 'distributed' },
    { ...here, host: '0.0.0.0' },
    { ...here, host: '::' },
    { ...here, host: '10.0.0.1' },
    { ...here, host: '127.0.0.1.else.test' },
    { ...here, host: 'localhost.else.test' },
    { ...here, hasKeySet: true },
  ];
  for (const place of refused) {
    expect(codeOf(() => openDevTokens(join(folder, 'none'), place))).toBe('CONFIG_INVALID');
  }
  expect(readdirSync(folder)).not.toContain('none');
});

test('a broken key file is named and not replaced', () => {
  writeFileSync(join(folder, 'development-token-key.pem'), 'x');
  expect(codeOf(() => openDevTokens(folder, here))).toBe('CONFIG_INVALID');
});
