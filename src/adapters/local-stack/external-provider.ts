import { MmmError } from '../../errors.ts';
import type { StackEnv, StackOptions, StackPart, StackProvider } from './stack.ts';
import { wantedParts } from './stack.ts';

const VARIABLE_OF: Readonly<Record<StackPart, keyof StackEnv>> = {
  kafka: 'KAFKA_BOOTSTRAP_SERVERS',
  registry: 'SCHEMA_REGISTRY_URL',
  redis: 'REDIS_URL',
  postgres: 'DATABASE_URL',
};

/** Servers that somebody else runs: the addresses as given, nothing started and nothing stopped. */
export const externalProvider: StackProvider = {
  name: 'external',
  start: async (options: StackOptions) => {
    const given = options.external ?? {};
    const missing = wantedParts(options)
      .map((part) => VARIABLE_OF[part])
      .filter((name) => given[name] === undefined);
    if (missing.length > 0) {
      return await Promise.reject(
        new MmmError(
          'PREREQUISITE_MISSING',
          `the external stack needs the address of every part; missing: ${missing.join(', ')}`,
        ),
      );
    }
    const nothing = async (): Promise<void> => await Promise.resolve();
    return { provider: 'external', env: given, parts: {}, stop: nothing, kill: nothing };
  },
};
