import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ensureSigningKey, loadSigningKey, verifySignature } from '../../../src/adapters/keys/ed25519-signer.ts';

const folder = mkdtempSync(join(tmpdir(), 'mmm-keys-'));

describe('signing key', () => {
  test('no key, no engine: nothing stands in for a signature (D-45 mock-sig)', () => {
    expect(() => loadSigningKey(null, 'k')).toThrow(expect.objectContaining({ code: 'SIGNING_KEY_MISSING' }));
    expect(() => loadSigningKey(join(folder, 'absent'), 'k')).toThrow(
      expect.objectContaining({ code: 'SIGNING_KEY_MISSING' }),
    );
  });

  test('a key of another kind is refused and its text is not repeated', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
    for (const [name, text] of [
      ['rsa', rsa.toString()],
      ['rubbish', 'hunter2'],
    ] as const) {
      const file = join(folder, name);
      writeFileSync(file, text);
      expect(() => loadSigningKey(file, 'k')).toThrow(expect.objectContaining({ code: 'SIGNING_KEY_INVALID' }));
      expect(() => loadSigningKey(file, 'k')).not.toThrow('hunter2');
    }
  });

  test('a made key is readable by its owner only, is kept, signs, and another text does not verify', async () => {
    const file = join(folder, 'made');
    ensureSigningKey(file);
    const first = loadSigningKey(file, 'k');
    ensureSigningKey(file);
    expect(loadSigningKey(file, 'k').publicKeyPem).toBe(first.publicKeyPem);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const bytes = Buffer.from('attested');
    const signature = Buffer.from(await first.sign(bytes)).toString('base64');
    expect(verifySignature(first.publicKeyPem, bytes, signature)).toBe(true);
    expect(verifySignature(first.publicKeyPem, Buffer.from('attestee'), signature)).toBe(false);
  });
});
