import { setTimeout as delay } from 'node:timers/promises';
import { uuidIds } from '../../src/adapters/ids/uuid-ids.ts';
import { canonicalJson } from '../../src/domain/receipt/canonical-json.ts';
import { idFrom } from '../../src/domain/ids.ts';
import type { EngineProcess } from '../e2e/support/engine-process.ts';
import type { Installation } from '../e2e/support/installation.ts';
import type { Random } from '../sim/random.ts';
import type { Fleet } from './fleet.ts';
import { shardOf } from './plan-signal.ts';

const CLIENT_TIMEOUT_MS = 6_000;
const AGAIN_MS = 700;
/** Waits double up to here, and no more than so many wait at once: clients of an engine that is away are not to become the load that keeps it away. */
const AGAIN_MAX_MS = 6_000;
const OPEN_MAX = 12;
const SURFACE = 'ci';

export interface Ask {
  readonly name: string;
  readonly signalId: string;
  readonly tenantId: string;
  readonly actorId: string;
  readonly shard: number;
  /** Canonical JSON; null: told that nothing was decided; undefined: no answer yet. */
  decision: string | null | undefined;
  /** A result was stored, as far as the client was told. */
  stored: boolean;
}

/** Clients that want decisions over HTTP about the actors that the topics speak of, and ask again with the same key until they are told. */
export class Asker {
  readonly #installation: Installation;
  readonly #fleet: Fleet;
  readonly #random: Random;
  readonly #everyMs: number;
  readonly #asks: Ask[] = [];
  #keys = 0;
  #open = 0;
  #paused = false;
  #ended = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(installation: Installation, fleet: Fleet, random: Random, perSecond: number) {
    this.#installation = installation;
    this.#fleet = fleet;
    this.#random = random;
    this.#everyMs = 1_000 / perSecond;
  }

  get asks(): readonly Ask[] {
    return this.#asks;
  }

  start(): void {
    this.#loop = this.#run();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  /** All at once, besides the rate. */
  ask(whom: readonly { readonly tenantId: string; readonly actorId: string }[]): void {
    for (const { tenantId, actorId } of whom) {
      const ask = this.#make(tenantId, actorId);
      this.#asks.push(ask);
      void this.#persist(ask);
    }
  }

  /** Asks once and takes no for an answer: the status and the result that came. It is not among `asks`: it is to have no result. */
  async tryOnce(tenantId: string, actorId: string): Promise<{ readonly status: number; readonly result: string }> {
    const ask = this.#make(tenantId, actorId);
    const answer = await this.#post(ask, ask.name);
    return answer ?? { status: 0, result: '' };
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#loop;
  }

  /** Resolves when nobody waits for an answer. */
  async answered(): Promise<void> {
    while (this.#open > 0) await delay(AGAIN_MS);
  }

  async #run(): Promise<void> {
    while (!this.#ended) {
      await delay(this.#everyMs);
      if (this.#paused || this.#open >= OPEN_MAX) continue;
      const capped = this.#random.chance(0.4);
      const actorId = capped ? `c${this.#random.below(20)}` : `a${this.#random.below(40)}`;
      const ask = this.#make(capped ? 'capped' : 'acme', actorId);
      this.#asks.push(ask);
      // Two clients with one key, now and then.
      void this.#persist(ask);
      if (this.#random.chance(0.2)) {
        const second = { ...ask };
        this.#asks.push(second);
        void this.#persist(second);
      }
    }
  }

  #make(tenantId: string, actorId: string): Ask {
    const key = `ask-${this.#keys++}`;
    const ask: Ask = {
      name: key,
      signalId: idFrom(uuidIds, 'signal', ['http', tenantId, actorId, key]),
      tenantId,
      actorId,
      shard: shardOf(tenantId, actorId),
      decision: undefined,
      stored: false,
    };
    return ask;
  }

  async #persist(ask: Ask): Promise<void> {
    this.#open += 1;
    try {
      for (
        let waitMs = AGAIN_MS;
        (await this.#post(ask, ask.name)) === null;
        waitMs = Math.min(AGAIN_MAX_MS, 2 * waitMs)
      ) {
        if (this.#ended) return;
        await delay(waitMs);
      }
    } finally {
      this.#open -= 1;
    }
  }

  /** Null: no answer that settles it. */
  async #post(ask: Ask, key: string): Promise<{ status: number; result: string } | null> {
    const url = this.#url();
    if (url === null) return null;
    const { tenantId, actorId } = ask;
    const signal = {
      signal_type: 'commit_pushed',
      resource: { repository: 'org/shop', branch: key },
      payload: { files_changed: 1 },
    };
    try {
      const response = await fetch(`${url}/v1/mmm/decide`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${await this.#installation.token(tenantId, actorId)}`,
          'content-type': 'application/json',
          'idempotency-key': key,
        },
        body: JSON.stringify({ surface: SURFACE, signal }),
        signal: AbortSignal.timeout(CLIENT_TIMEOUT_MS),
      });
      if (response.status !== 200) return null;
      const { result, decision } = (await response.json()) as { result: string; decision: object | null };
      ask.decision = decision === null ? null : canonicalJson(decision);
      ask.stored = result !== 'over_budget';
      return { status: 200, result };
    } catch {
      return null;
    }
  }

  #url(): string | null {
    const listening = this.#fleet.running.map(addressOf).filter((address) => address !== null);
    return listening.length === 0 ? null : this.#random.pick(listening);
  }
}

const addressOf = (engine: EngineProcess): string | null => {
  const line = engine.logged('http_listening')[0];
  return line === undefined ? null : String(line['address']);
};
