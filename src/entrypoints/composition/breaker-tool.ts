import { commandBreaker, type ShownBreaker, shownBreakers } from '../../adapters/postgres/breaker-store.ts';
import { operatorAudit } from '../../adapters/postgres/dead-letters.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import type { Config } from '../../runtime/config.ts';
import { openStore } from './store.ts';

export interface BreakerCommand {
  readonly channel: string;
  readonly lane: number;
  readonly who: string;
  readonly reason: string | null;
  readonly wish: { readonly tryNow: true } | { readonly releasedUntilMs: number };
}

export interface BreakerTool {
  shown(): Promise<readonly ShownBreaker[]>;
  /** Audited before it is done. */
  command(command: BreakerCommand): Promise<void>;
  close(): Promise<void>;
}

/** Opens the database. Throws what the adapters throw. */
export const openBreakerTool = async (config: Config, logger: Logger): Promise<BreakerTool> => {
  const store = await openStore(config, logger, 'command');
  const audit = operatorAudit(store.api);
  return {
    shown: () => shownBreakers(store.pipeline),
    command: async ({ channel, lane, who, reason, wish }) => {
      const what = 'tryNow' in wish ? 'dlq_breaker_try' : 'dlq_breaker_release';
      const until = 'tryNow' in wish ? {} : { until: new Date(wish.releasedUntilMs).toISOString() };
      await audit.write({ who, what, subject: `${channel}:${lane}`, details: { reason, ...until } });
      await commandBreaker(store.pipeline, { channel, lane }, wish);
    },
    close: () => store.close(),
  };
};
