import type { Clock } from '../pipeline/ports/clock.ts';
import type { Logger } from '../pipeline/ports/logger.ts';

/** One thing the process needs to do its work. `check` resolves when it is there and rejects when it is not. */
export interface ReadinessCheck {
  readonly name: string;
  check(): Promise<void>;
}

export interface Readiness {
  readonly ready: boolean;
  /** Names of what is not there; for the log and the metrics, never for the public route. */
  readonly failing: readonly string[];
}

/** Probes come every few seconds from several sides: an answer this old is as good as a new one, and no probe can load a store. */
export const READINESS_TTL_MS = 1_000;

/** Below the time-out of the usual prober (1 s): a store that hangs is a store that is away. */
export const READINESS_TIMEOUT_MS = 800;

/** One probe at a time, its answer kept for a second. Never rejects. Changes are logged once. */
export const createReadiness = (
  checks: readonly ReadinessCheck[],
  deps: { readonly clock: Clock; readonly logger: Logger },
): (() => Promise<Readiness>) => {
  let running: Promise<Readiness> | null = null;
  let last: { readonly at: number; readonly readiness: Readiness } | null = null;

  const probe = async (): Promise<Readiness> => {
    const failing = (await Promise.all(checks.map(async (one) => ((await answers(one)) ? null : one.name)))).filter(
      (name) => name !== null,
    );
    const readiness = { ready: failing.length === 0, failing };
    if (last === null || last.readiness.failing.join() !== failing.join())
      deps.logger.info('readiness', { ready: readiness.ready, failing });
    last = { at: deps.clock.monotonicMs(), readiness };
    return readiness;
  };

  return () => {
    if (last !== null && deps.clock.monotonicMs() - last.at < READINESS_TTL_MS) return Promise.resolve(last.readiness);
    running ??= probe().finally(() => {
      running = null;
    });
    return running;
  };
};

const answers = async (one: ReadinessCheck): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), READINESS_TIMEOUT_MS);
  });
  const answer = new Promise<void>((resolve) => resolve(one.check())).then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
};
