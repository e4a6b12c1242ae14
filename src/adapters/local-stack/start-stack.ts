import { dockerProvider } from './docker-provider.ts';
import { externalProvider } from './external-provider.ts';
import { processProvider } from './process-provider.ts';
import type { RunningStack, StackOptions, StackProvider, StackProviderName } from './stack.ts';

const PROVIDERS: Readonly<Record<StackProviderName, StackProvider>> = {
  process: processProvider,
  docker: dockerProvider,
  external: externalProvider,
};

/**
 * Starts (or finds running) the wanted servers and resolves when each answers a real request, not only on its port.
 * Idempotent per data folder. Throws MmmError PREREQUISITE_MISSING (what to install) or STACK_START_FAILED (which log to read);
 * what this call started is stopped again before it throws.
 */
export const startStack = async (options: StackOptions): Promise<RunningStack> =>
  await PROVIDERS[options.provider].start(options);
