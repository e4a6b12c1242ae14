import type { Consumer } from 'kafkajs';
import type { MmmError } from '../../errors.ts';
import type { SourceHealth } from '../../pipeline/ports/intake.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import type { Metrics } from '../../pipeline/ports/metrics.ts';
import { clientErrorFacts, logUnavailable } from './client-errors.ts';

/** The client restarts a crashed member itself, more than a minute apart with our retry settings: some five minutes without a broker. */
const MAX_CRASHES_IN_A_ROW = 4;

export interface GroupHealthDeps {
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** The member is gone for good: the process must end, or it lives on and does nothing. Called once. */
  readonly onFailed: (error: MmmError) => void;
}

/** Follows a group member: joined or not, crashes; tells once when the client has given the member up. */
export class GroupHealth {
  #joined = false;
  #rebalancing = false;
  #crashes = 0;
  #failed = false;

  constructor(consumer: Consumer, deps: GroupHealthDeps) {
    const { GROUP_JOIN, REBALANCING, HEARTBEAT, CRASH, STOP } = consumer.events;
    // Registered before the owner's own listeners, so that they see the member as joined.
    consumer.on(GROUP_JOIN, () => {
      this.#joined = true;
      this.#rebalancing = false;
    });
    consumer.on(REBALANCING, () => {
      this.#rebalancing = true;
      deps.metrics.count('mmm_rebalances_total');
    });
    consumer.on(HEARTBEAT, () => {
      this.#crashes = 0;
    });
    consumer.on(STOP, () => {
      this.#joined = false;
    });
    consumer.on(CRASH, ({ payload }) => {
      this.#joined = false;
      this.#crashes += 1;
      // One that starts again by itself is no alarm: brokers say GROUP_LOAD_IN_PROGRESS to the first member of every morning.
      deps.logger[payload.restart ? 'warn' : 'error']('kafka.member_crashed', {
        group: payload.groupId,
        restart: payload.restart,
        ...clientErrorFacts(payload.error),
      });
      if (payload.restart && this.#crashes < MAX_CRASHES_IN_A_ROW) return;
      if (!this.#failed) deps.onFailed(logUnavailable(payload.error));
      this.#failed = true;
    });
  }

  get joined(): boolean {
    return this.#joined;
  }

  /** It has asked to join, for the first time or again, and waits for the answer. */
  get joining(): boolean {
    return !this.#joined || this.#rebalancing;
  }

  now(detail: string): SourceHealth {
    const state = this.#failed ? 'given up' : this.#joined ? 'joined' : 'not joined';
    return {
      joined: this.#joined && !this.#failed,
      detail: `${state}; ${detail}`,
    };
  }
}
