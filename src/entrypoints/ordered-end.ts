import type { Logger } from '../pipeline/ports/logger.ts';
import { type Lifecycle, STOP_DEADLINE_MS } from '../runtime/lifecycle.ts';

/** A terminal and npm may both pass the same Ctrl-C on; a second one this soon is no second wish. */
const SAME_SIGNAL_MS = 500;
/** For what is still written to standard output. */
const LAST_WRITES_MS = 500;

export interface OrderedEnd {
  /** Resolves with the exit code when the engine has to end: 0 after a signal, 1 after a fault. */
  readonly code: Promise<number>;
  readonly onFailed: (error: Error) => void;
  /** Everything has stopped (or never started). What somebody left open, such as a request to a broker, holds the process up no longer than a moment. */
  readonly finished: () => void;
}

/**
 * The first signal stops in order; a second, later one ends the process at once. The deadline runs from the first signal or fault on, also during the
 * start: a dependency that never answers can hold up a stop for no longer than this.
 */
export const orderedEnd = (logger: Logger, lifecycle: Lifecycle): OrderedEnd => {
  const { promise: code, resolve } = Promise.withResolvers<number>();
  let begunAt: number | null = null;
  let signalledAt: number | null = null;
  let hard: NodeJS.Timeout | undefined;
  const begin = (reason: string, exitCode: number): void => {
    if (begunAt !== null) return;
    begunAt = performance.now();
    logger.info('stopping', { reason, limit_ms: STOP_DEADLINE_MS });
    hard = setTimeout(() => {
      logger.error('stop_deadline_passed', { limit_ms: STOP_DEADLINE_MS, busy_with: lifecycle.busyWith ?? 'nothing' });
      process.exit(1);
    }, STOP_DEADLINE_MS);
    resolve(exitCode);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    const isFirst = signalledAt === null;
    signalledAt ??= performance.now();
    // Also the first one after a fault of ours: what stops already is left to do so.
    if (isFirst) return begin(signal, 0);
    if (performance.now() - signalledAt <= SAME_SIGNAL_MS) return;
    logger.warn('stopped_at_once', { reason: `a second ${signal}`, busy_with: lifecycle.busyWith ?? 'nothing' });
    process.exit(1);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  return {
    code,
    onFailed: (error) => {
      logger.error('engine_failed', { error });
      begin('a fault', 1);
    },
    finished: () => {
      clearTimeout(hard);
      if (begunAt !== null) {
        logger.info('stopped', { after_ms: Math.round(performance.now() - begunAt) });
        // It keeps nothing alive itself; the code is the one that serve has answered by then.
        setTimeout(() => process.exit(), LAST_WRITES_MS).unref();
      }
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal);
    },
  };
};
