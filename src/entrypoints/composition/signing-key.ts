import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureSigningKey, loadSigningKey, type SigningKey } from '../../adapters/keys/ed25519-signer.ts';
import type { Config } from '../../runtime/config.ts';

/** The key of the embedded default lies in its data folder, made at the first start; elsewhere the engine does not start without one (G6). */
export const signingKeyOf = (config: Config): SigningKey => {
  if (config.signing.keyFile !== null || config.backend === 'distributed')
    return loadSigningKey(config.signing.keyFile, config.signing.kid);
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const file = join(config.dataDir, 'signing-key.pem');
  ensureSigningKey(file);
  return loadSigningKey(file, config.signing.kid);
};
