import type { RunningStack, StackOptions } from '../../src/adapters/local-stack/stack.ts';
import { startStack } from '../../src/adapters/local-stack/start-stack.ts';
import { MmmError } from '../../src/errors.ts';

/** Local processes; Docker where Java or Maven is missing. Without either the first error is the one to read. */
export const startAnyhow = async (options: Omit<StackOptions, 'provider'>): Promise<RunningStack> => {
  try {
    return await startStack({ ...options, provider: 'process' });
  } catch (error) {
    if (!(error instanceof MmmError) || error.code !== 'PREREQUISITE_MISSING') throw error;
    return await startStack({ ...options, provider: 'docker' }).catch((second: unknown) => {
      throw second instanceof MmmError && second.code === 'PREREQUISITE_MISSING' ? error : second;
    });
  }
};
