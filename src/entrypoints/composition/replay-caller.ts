import { readFileSync } from 'node:fs';
import { configuredVerifier } from '../../adapters/http/configured-verifier.ts';
import type { Caller } from '../../admin/ports/caller.ts';
import { MmmError } from '../../errors.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import type { Config } from '../../runtime/config.ts';
import { systemClock } from './process-parts.ts';

const STANDARD_INPUT = 0;

/**
 * Who the token in this file (`-`: standard input) speaks for, checked as the HTTP API checks it. A file, because a token among the arguments would
 * stand in the process list and in the history of the shell. Throws USAGE, CONFIG_INVALID, UNAUTHORIZED, DEPENDENCY_UNAVAILABLE.
 */
export const callerOfFile = async (config: Config, logger: Logger, file: string): Promise<Caller> => {
  const { jwt, backend, http, dataDir } = config;
  const now = (): number => systemClock.now();
  const { verifyToken, said } = configuredVerifier({ jwt, backend, host: http.host, dataDir, logger, now });
  if (verifyToken === null) throw new MmmError('CONFIG_INVALID', said);
  const text = textOf(file);
  return await verifyToken(text.trim().replace(/^Bearer +/i, ''));
};

const textOf = (file: string): string => {
  try {
    return readFileSync(file === '-' ? STANDARD_INPUT : file, 'utf8');
  } catch (error) {
    throw new MmmError(
      'USAGE',
      `--token-file ${file} can not be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`,
    );
  }
};
