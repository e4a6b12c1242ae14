import type { Logger } from '../../pipeline/ports/logger.ts';
import { devTokensRefused, openDevTokens } from './dev-tokens.ts';
import { fileTokenKeys, localTokenKeys, remoteTokenKeys } from './token-keys.ts';
import { createTokenVerifier, type TokenSettings, type VerifyToken } from './verify-token.ts';

export interface VerifierSettings {
  readonly jwt: {
    readonly jwksUrl: string | null;
    readonly jwksFile: string | null;
    readonly issuer: string | null;
    readonly audience: string;
  };
  readonly backend: 'embedded' | 'distributed';
  readonly host: string;
  readonly dataDir: string;
  readonly logger: Logger;
  readonly now: () => number;
}

export interface ConfiguredVerifier {
  /** Null: nobody gets in. */
  readonly verifyToken: VerifyToken | null;
  /** One line for the start-up text: whose tokens are taken. */
  readonly said: string;
}

/** Whose tokens are taken: of the key set if there is one, else development tokens where they may exist, else nobody's. Throws CONFIG_INVALID. */
export const configuredVerifier = (settings: VerifierSettings): ConfiguredVerifier => {
  const { jwt, backend, host, dataDir, logger, now } = settings;
  const verifierOf = (keys: TokenSettings['keys'], issuer: string): VerifyToken =>
    createTokenVerifier({ keys, issuer, audience: jwt.audience, logger, now });

  // A key set without an issuer would take any issuer's tokens: the configuration refuses it, and so does this.
  if (jwt.issuer !== null && jwt.jwksUrl !== null) {
    return { verifyToken: verifierOf(remoteTokenKeys(jwt.jwksUrl), jwt.issuer), said: `tokens of ${jwt.issuer}` };
  }
  if (jwt.issuer !== null && jwt.jwksFile !== null) {
    return { verifyToken: verifierOf(fileTokenKeys(jwt.jwksFile), jwt.issuer), said: `tokens of ${jwt.issuer}` };
  }
  const hasKeySet = jwt.jwksUrl !== null || jwt.jwksFile !== null;
  const refused = devTokensRefused({ backend, host, hasKeySet });
  if (refused !== null) {
    return {
      verifyToken: null,
      said: `no tokens are taken, only health, ready and openapi.json answer (set MMM_JWKS_URL or MMM_JWKS_FILE): ${refused}`,
    };
  }
  const dev = openDevTokens(dataDir, { backend, host, hasKeySet });
  return {
    verifyToken: verifierOf(localTokenKeys(dev.keys), dev.issuer),
    said: 'development tokens only (npx mmm token); set MMM_JWKS_URL or MMM_JWKS_FILE for real ones',
  };
};
