import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  ensureSigningKey,
  ephemeralSigningKey,
  loadSigningKey,
  verifySignature,
} from '../../../src/adapters/keys/ed25519-signer.ts';

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
    const [signature = ''] = await first.sign(['attested']);
    expect(verifySignature(first.publicKeyPem, Buffer.from('attested'), signature)).toBe(true);
    expect(verifySignature(first.publicKeyPem, Buffer.from('attestee'), signature)).toBe(false);
  });

  test('on a thread every text gets its own signature, in order, the same as in place', async () => {
    const key = ephemeralSigningKey();
    const thread = key.onThread();
    try {
      const texts = Array.from({ length: 200 }, (_, at) => `gr\u00fcn ${at}`);
      const batches = [texts.slice(0, 2), texts.slice(2, 90), texts.slice(90)];
      const signed = await Promise.all(batches.map((batch) => thread.sign(batch)));
      expect(signed.flat()).toEqual(await key.sign(texts));
      expect(new Set(signed.flat()).size).toBe(200);
    } finally {
      await thread.close();
    }
    expect(await thread.sign(['after the end'])).toEqual(await key.sign(['after the end']));
  });

  test('a batch that was with the thread when it was closed fails: nothing goes out unsigned', async () => {
    const thread = ephemeralSigningKey().onThread();
    const lost = thread.sign(Array.from({ length: 50_000 }, (_, at) => `text ${at}`));
    await Promise.all([expect(lost).rejects.toMatchObject({ code: 'INTERNAL_ERROR' }), thread.close()]);
  });
});
