import { readFileSync } from 'node:fs';
import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleAll } from 'cockatiel';
import { type ChainableCommander, Redis } from 'ioredis';
import { SENT_WINDOW_MS } from '../../domain/actor-state.ts';
import { type ActorKey, encodeKeyPart } from '../../domain/ids.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import type { Metrics } from '../../pipeline/ports/metrics.ts';
import type { CachedState, StateCache } from '../../pipeline/ports/state-cache.ts';
import { decodeState, encodeState } from './state-encoding.ts';

const PUT_NEWER = readFileSync(new URL('./put-newer.lua', import.meta.url), 'utf8');

/** A fold from PostgreSQL takes a few milliseconds: waiting longer than this for a cache makes it slower than none. */
const COMMAND_TIMEOUT_MS = 100;
const BREAK_AFTER_FAILURES = 3;
const RETRY_AFTER_MS = 2_000;
const RECONNECT_MAX_MS = 2_000;

interface WithPutNewer {
  putNewer(key: string, version: number, state: string, ttlMs: number): ChainableCommander;
}

/**
 * Folded states in Redis, key `mmm:fatigue:{tenant|actor}` (R-103 with C-21): a projection that may be away, slow, wiped or old. Away or slow, the
 * breaker opens and states are folded from PostgreSQL; that costs time and is logged, never a wrong decision.
 */
export class RedisStateCache implements StateCache {
  readonly #redis: Redis;
  readonly #namespace: string;
  readonly #breaker = circuitBreaker(handleAll, {
    halfOpenAfter: RETRY_AFTER_MS,
    breaker: new ConsecutiveBreaker(BREAK_AFTER_FAILURES),
  });

  constructor(url: string, namespace: string, logger: Logger, metrics: Metrics) {
    this.#namespace = namespace;
    this.#redis = new Redis(url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: COMMAND_TIMEOUT_MS,
      retryStrategy: (times) => Math.min(RECONNECT_MAX_MS, 50 * times),
      scripts: { putNewer: { lua: PUT_NEWER, numberOfKeys: 1 } },
    });
    this.#redis.on('error', (error: Error) => logger.debug('redis_error', { error }));
    this.#breaker.onStateChange((state) => {
      metrics.gauge('mmm_circuit_state', state === CircuitState.Closed ? 0 : state === CircuitState.HalfOpen ? 2 : 1, {
        name: 'redis',
      });
      if (state === CircuitState.Open) logger.warn('redis_away', { code: 'CACHE_UNAVAILABLE' });
      if (state === CircuitState.Closed) logger.info('redis_back', {});
    });
    metrics.gauge('mmm_circuit_state', 0, { name: 'redis' });
  }

  /** Never rejects: a Redis that is away at start is the same as one that goes away later. */
  async connect(): Promise<void> {
    await this.#quietly(() => this.#redis.connect());
  }

  available(): boolean {
    return this.#redis.status === 'ready' && this.#breaker.state !== CircuitState.Open;
  }

  async get(keys: readonly ActorKey[]): Promise<readonly (CachedState | null)[]> {
    if (keys.length === 0) return [];
    const replies = await this.#inOneWrite((pipeline) => {
      for (const key of keys) pipeline.get(this.#key(key));
    });
    return keys.map((key, index) => {
      const reply = replies?.[index];
      return typeof reply === 'string' ? decodeState(key, reply) : null;
    });
  }

  async putNewer(states: readonly CachedState[]): Promise<void> {
    if (states.length === 0) return;
    await this.#inOneWrite((pipeline) => {
      const scripts = pipeline as ChainableCommander & WithPutNewer;
      for (const state of states)
        scripts.putNewer(this.#key(state.key), state.version, encodeState(state), SENT_WINDOW_MS);
    });
  }

  close(): Promise<void> {
    this.#redis.disconnect();
    return Promise.resolve();
  }

  #key({ tenantId, actorId }: ActorKey): string {
    return `${this.#namespace}mmm:fatigue:{${encodeKeyPart(tenantId)}|${encodeKeyPart(actorId)}}`;
  }

  /** A write to the socket for each command was a fifth of all that this process wrote at 200 signals/s. Null when any of the commands failed. */
  async #inOneWrite(fill: (pipeline: ChainableCommander) => void): Promise<readonly unknown[] | null> {
    return this.#quietly(async () => {
      const pipeline = this.#redis.pipeline();
      fill(pipeline);
      const results = (await pipeline.exec()) ?? [];
      const failed = results.find(([error]) => error !== null);
      if (failed !== undefined) throw failed[0]!;
      return results.map(([, reply]) => reply);
    });
  }

  /** The breaker's own refusal and every Redis error mean the same to a cache: nothing known. Said by the state change above, not per call. */
  async #quietly<T>(work: () => Promise<T>): Promise<T | null> {
    return this.#breaker.execute(work).catch(() => null);
  }
}
