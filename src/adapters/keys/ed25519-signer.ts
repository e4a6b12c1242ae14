import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { MmmError } from '../../errors.ts';
import type { ReceiptSigner } from '../../pipeline/ports/signer.ts';
import { signTexts } from './sign-texts.ts';
import { SigningThread } from './signing-thread.ts';

export interface SigningKey extends ReceiptSigner {
  /** PEM SPKI, for the trust store of the readers (contracts 5.4). */
  readonly publicKeyPem: string;
  /** The same key, signing larger numbers of texts on a thread of its own until it is closed. */
  onThread(): SigningKey & { close(): Promise<void> };
}

/** Reads the key that signs receipts. Throws SIGNING_KEY_MISSING or SIGNING_KEY_INVALID: without a key the engine does not start (G6, D-45). */
export const loadSigningKey = (file: string | null, kid: string): SigningKey => {
  if (file === null) throw new MmmError('SIGNING_KEY_MISSING');
  return signingKey(parseKey(readKeyFile(file), file), kid);
};

/** A key that ends with the process, for runs whose receipts nobody keeps (`try`). */
export const ephemeralSigningKey = (): SigningKey => signingKey(generateKeyPairSync('ed25519').privateKey, 'ephemeral');

const signingKey = (key: KeyObject, kid: string): SigningKey => {
  const inPlace: SigningKey = {
    kid,
    publicKeyPem: createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString(),
    sign: (texts) => Promise.resolve(signTexts(key, texts)),
    onThread: () => {
      const thread = new SigningThread(key);
      return { ...inPlace, sign: (texts) => thread.sign(texts), close: () => thread.close() };
    },
  };
  return inPlace;
};

/** Makes a key for the embedded default, mode 0600, unless the file is there already. */
export const ensureSigningKey = (file: string): void => {
  const { privateKey } = generateKeyPairSync('ed25519');
  try {
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
};

/** A PEM of an Ed25519 public key, checked, as SPKI. Throws SIGNING_KEY_INVALID for anything else, a private key included. */
export const publicKeyFrom = (pem: string, file: string): string => {
  let key: KeyObject;
  try {
    // A private key has its public one in it, and must not lie where public ones do.
    if (isPrivatePem(pem)) throw new TypeError('private');
    key = createPublicKey({ key: pem, format: 'pem' });
  } catch {
    throw new MmmError('SIGNING_KEY_INVALID', `${file} is not the PEM of a public key`);
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new MmmError('SIGNING_KEY_INVALID', `${file} is not an Ed25519 key`);
  return key.export({ type: 'spki', format: 'pem' }).toString();
};

const isPrivatePem = (pem: string): boolean => pem.includes('PRIVATE KEY-----');

/** True only for a signature that this public key (PEM SPKI) made over these bytes. */
export const verifySignature = (publicKeyPem: string, bytes: Uint8Array, signatureBase64: string): boolean =>
  verify(null, bytes, publicKeyPem, Buffer.from(signatureBase64, 'base64'));

const readKeyFile = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new MmmError('SIGNING_KEY_MISSING', `the signing key ${file} can not be read`, { cause });
  }
};

const parseKey = (pem: string, file: string): KeyObject => {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, format: 'pem', type: 'pkcs8' });
  } catch {
    // The cause is left out: OpenSSL's words may hold parts of what was read.
    throw new MmmError('SIGNING_KEY_INVALID', `${file} is not a PKCS#8 PEM private key`);
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new MmmError('SIGNING_KEY_INVALID', `${file} is not an Ed25519 key`);
  return key;
};
