import { readFileSync } from 'node:fs';
import { createLogger } from '../../adapters/telemetry/pino-logger.ts';
import { PromMetrics } from '../../adapters/telemetry/prom-metrics.ts';
import type { Clock } from '../../pipeline/ports/clock.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import type { Config } from '../../runtime/config.ts';

const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

export const ENGINE_VERSION = manifest.version;

/** The only place where a stage's clock meets the machine's. */
export const systemClock: Clock = { now: () => Date.now(), monotonicMs: () => performance.now() };

/** What every process of the engine has, whatever it runs. */
export interface ProcessParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: PromMetrics;
}

export const processParts = (config: Config): ProcessParts => ({
  config,
  clock: systemClock,
  logger: createLogger({ level: config.logLevel, version: ENGINE_VERSION, region: config.region }),
  metrics: new PromMetrics({ tenantLabel: config.metrics.tenantLabel }),
});
