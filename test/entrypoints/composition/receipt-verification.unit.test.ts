import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { ephemeralSigningKey } from '../../../src/adapters/keys/ed25519-signer.ts';
import { verifyReceipt } from '../../../src/admin/queries/verify-receipt.ts';
import { canonicalJson } from '../../../src/domain/receipt/canonical-json.ts';
import { formatSignature } from '../../../src/domain/receipt/signature.ts';
import { trustOf } from '../../../src/entrypoints/composition/receipt-check.ts';
import { openVerification, type VerifyMode } from '../../../src/entrypoints/composition/receipt-verification.ts';
import { loadConfig } from '../../../src/runtime/config.ts';
import { quietLogger } from '../../pipeline/harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'mmm-verification-'));
afterAll(() => rmSync(folder, { recursive: true }));
const noConfig = (): never => {
  throw new Error('asked for the configuration');
};

test('only the keys that were given count, each under its own kid', async () => {
  const key = ephemeralSigningKey();
  const file = join(folder, 'somebody.pem');
  writeFileSync(file, key.publicKeyPem);
  const signedUnder = async (kid: string): Promise<Uint8Array> => {
    const receipt = { receipt_id: 'r' };
    const [signature] = await key.sign([canonicalJson(receipt)]);
    return Buffer.from(canonicalJson({ ...receipt, signature: formatSignature(kid, signature!) }));
  };
  const faultOf = async (given: string, kid: string) =>
    verifyReceipt(await signedUnder(kid), await trustOf(noConfig, [given])).fault;
  expect(await faultOf(file, 'somebody')).toBeNull();
  expect(await faultOf(`k1=${file}`, 'k1')).toBeNull();
  expect(await faultOf(file, 'k1')).toBe('KID_UNKNOWN');
  expect(await faultOf(`k1=${file}`, 'somebody')).toBe('KID_UNKNOWN');
  const other = join(folder, 'k1.pem');
  writeFileSync(other, ephemeralSigningKey().publicKeyPem);
  expect(await faultOf(other, 'k1')).toBe('SIGNATURE_WRONG');
  await expect(trustOf(noConfig, [join(folder, 'none.pem')])).rejects.toMatchObject({ code: 'USAGE' });
});

const open = async (mode: VerifyMode) =>
  await openVerification({
    config: () => loadConfig({ MMM_DATA_DIR: join(folder, 'nothing') }),
    trust: { publicKeyOf: () => undefined, verify: () => false },
    filter: { tenantId: null, sinceMs: null },
    ...{ logger: quietLogger, mode, withPublished: false },
  });

test('without a database: signatures only and it is said so, unless more was asked for', async () => {
  const auto = await open('auto');
  expect(auto.isReexecuting).toBe(false);
  expect(auto.note).toMatch(/^DATABASE_UNAVAILABLE: /);
  await auto.close();
  await expect(open('reexecute')).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  expect(await open('signature_only')).toMatchObject({ isReexecuting: false, note: null });
});

test('a fault that is none of the installation ends it', async () => {
  const config = (): never => {
    throw new TypeError('a bug');
  };
  const options = {
    trust: { publicKeyOf: () => undefined, verify: () => false },
    filter: { tenantId: null, sinceMs: null },
  };
  await expect(
    openVerification({ ...options, config, logger: quietLogger, mode: 'auto', withPublished: false }),
  ).rejects.toBeInstanceOf(TypeError);
});
