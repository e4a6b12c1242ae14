import { type KeyObject, sign } from 'node:crypto';

/** Ed25519 over the UTF-8 bytes of each text, base64, in order: some 40 us each on the calling thread. */
export const signTexts = (key: KeyObject, texts: readonly string[]): readonly string[] =>
  texts.map((text) => sign(null, Buffer.from(text, 'utf8'), key).toString('base64'));
