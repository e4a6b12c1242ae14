import { performance } from 'node:perf_hooks';
import { describe, expect, test } from '@jest/globals';
import { createSecretlintScanner } from '../../../src/adapters/secrets/secretlint-scanner.ts';

const scanner = createSecretlintScanner();
// Made of pieces, so that no scanner of this repository takes them for real ones.
const mixed = (length: number): string => 'a1B2c3D4e5F6g7H8'.repeat(40).slice(0, length);
const letters = (length: number): string => 'aBcDeFgH'.repeat(40).slice(0, length);
const hex = (length: number): string => '0123456789abcdef'.repeat(10).slice(0, length);
const base64 = (bytes: string): string => Buffer.from(bytes).toString('base64');

/** One for each rule of the preset and each form of it. */
const SECRETS: readonly (readonly [string, string])[] = [
  ['aws', `aws_secret_access_key = ${mixed(40)}`],
  ['privatekey', `-----BEGIN RSA PRIVATE ${'KEY'}-----\nMII${mixed(197)}\n-----END RSA PRIVATE ${'KEY'}-----`],
  ['npm', `npm_${mixed(36)}`],
  ['npm', `//registry.example.test/:_authToken=${hex(8)}-${hex(4)}`],
  ['basicauth', `https://${hex(40)}:x-oauth-basic@github.com/org/repo`],
  ['slack', `xoxb-${'123456789012'}-${mixed(24)}`],
  ['slack', `https://hooks.slack.com/services/T${mixed(8)}/B${mixed(8)}/${mixed(24)}`],
  ['basicauth', `https://alice:${mixed(12)}@host.example.com/x`],
  ['openai', `sk-${mixed(20)}T3BlbkFJ${mixed(20)}`],
  ['anthropic', `sk-ant-api03-${mixed(93)}AA`],
  ['groq', `gsk_${mixed(52)}`],
  ['huggingface', `hf_${letters(34)}`],
  ['linear', `lin_api_${mixed(40)}`],
  ['notion', `ntn_12345678901${mixed(35)}`],
  ['sendgrid', `SG.${mixed(22)}.${mixed(43)}`],
  ['shopify', `shpat_${hex(32)}`],
  ['github', `ghp_${mixed(36)}`],
  ['github', `github_pat_${mixed(82)}`],
  ['gitlab', `glpat-${mixed(20)}`],
  ['grafana', `glc_${base64(JSON.stringify({ o: '1', n: 'x', k: mixed(32) }))}`],
  ['grafana', `glsa_${mixed(32)}_${hex(8)}`],
  [
    '1password',
    `ops_${base64(JSON.stringify({ email: 'x', secretKey: mixed(30), muk: { k: mixed(60) }, deviceUuid: mixed(26) }))}`,
  ],
  ['database-connection-string', `postgres://user:${mixed(12)}@db.example.com:5432/app`],
  ['database-connection-string', `jdbc:mysql://user:${mixed(12)}@db.example.com/app`],
  ['database-connection-string', `mongodb+srv://user:${mixed(12)}@db.example.com/app`],
  ['hashicorp-vault', `hvs.${mixed(95)}`],
  ['vercel', `vcp_${mixed(24)}`],
  ['databricks', `dapi${hex(32)}`],
  ['docker', `dckr_pat_${mixed(27)}`],
  ['figma', `figd_${mixed(43)}`],
];

describe('secrets', () => {
  test.each(SECRETS)('%s passes the pre-filter and is found: %#', async (rule, secret) => {
    for (const text of [secret, `see ${secret} there`]) {
      expect(scanner.mayHoldSecret(text)).toBe(true);
      expect(await scanner.scan(['harmless', text])).toBe(rule);
    }
  });
  test('a service account file as one text is found', async () => {
    const account = JSON.stringify({ private_key_id: '1', private_key: `-----BEGIN PRIVATE ${'KEY'}-----` });
    expect(scanner.mayHoldSecret(account)).toBe(true);
    expect(await scanner.scan([account])).toBe('gcp');
  });
  test('a service account file is found among other suspicious texts', async () => {
    const account = JSON.stringify({ private_key_id: '1', private_key: `-----BEGIN PRIVATE ${'KEY'}-----` });
    expect(await scanner.scan(['see npm_ here', account, 'and hf_ there'])).toBe('gcp');
  });
  test('the rules can not be switched off from inside a text', async () => {
    expect(await scanner.scan([`secretlint-disable\nghp_${mixed(36)}`])).toBe('github');
  });
});

const LOOK_ALIKES: readonly string[] = [
  hex(40),
  hex(64),
  `sha256:${hex(64)}`,
  '0f8fad5b-d9cb-469f-a165-70867728950e',
  `sha512-${base64(mixed(64))}`,
  base64(mixed(32)),
  'https://example.com/org/repo/pull/12?tab=files#diff-1',
  'git@github.com:org/repo.git',
  'ssh://git@example.com/org/repo.git',
  'feature/token-refresh-with-secret-rotation',
  'src/auth/password_policy.ts',
  'AKIA is the prefix of an access key id',
  'npm_config_registry',
  'postgres://localhost:5432/app',
  'see ghp_ tokens in the documentation',
  'Remove hf_hub download from requirements',
  '2026-01-02T12:00:00.000+00:00',
  'the password was rotated and the token has expired',
];

test.each(LOOK_ALIKES)('a look-alike passes: %s', async (text) => {
  expect(scanner.mayHoldSecret(text) && (await scanner.scan([text]))).toBeFalsy();
});

test('a scan leaves nothing behind in the process, and lets it do other things meanwhile', async () => {
  const before = performance.getEntries().length;
  let turns = 0;
  let next = setImmediate(function count() {
    turns += 1;
    next = setImmediate(count);
  });
  const scans = 50;
  for (let scan = 0; scan < scans; scan++) await scanner.scan([`see ghp_ and hf_ ${scan}`]);
  clearImmediate(next);
  expect(turns).toBeGreaterThanOrEqual(scans);
  expect(performance.getEntries().length).toBe(before);
});
