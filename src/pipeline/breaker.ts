import {
  addOutcomes,
  type BreakerLimits,
  EMPTY_WINDOW,
  type Evidence,
  opens,
  type Outcome,
  staysOpen,
  SUSPECT,
  type Window,
} from '../domain/dead-letter-breaker.ts';
import type { ErrorCode } from '../errors.ts';
import type { Pause } from './failure-policy.ts';
import type { BreakerOpening, BreakerRow, BreakerStore } from './ports/breaker-store.ts';
import type { Clock } from './ports/clock.ts';
import { LaneHeld, type RawRecord } from './ports/intake.ts';
import type { Logger } from './ports/logger.ts';
import type { Metrics } from './ports/metrics.ts';
import { senderOf } from './record-hints.ts';

/** What became of a record, for the breaker: taken, refused with a code, or nothing to learn from. */
export type Lesson = 'taken' | ErrorCode | null;

export interface HeldLane {
  readonly channel: string;
  readonly lane: number;
  readonly position: bigint;
}

export interface BreakerDependencies {
  readonly limits: BreakerLimits;
  /** How long an open lane rests before it is tried again. */
  readonly restMs: number;
  readonly store: BreakerStore;
  readonly clock: Pick<Clock, 'now'>;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly pause: Pause;
}

/** An operator waits this long at most to be heard; one small statement a process. */
const POLL_MS = 5_000;
/** Of a batch with nothing suspect: enough to know who else sends, and nothing that the hot path would feel. */
const SAMPLED_RECORDS = 20;

const REASON = 'DLQ_BREAKER_OPEN';
const STATES = { closed: 0, open: 1, trial: 2 } as const;

/**
 * One lane. closed: batches pass; `window` is what became of the last records. open: nothing passes, `over` is pending. trial: the rest is over (by
 * time, by an operator, or because this process is new to a lane that was open); the next batch decides. closed -> open -> trial -> closed | open.
 * `releasedUntilMs` lies above all: until then everything passes.
 */
interface LaneState {
  readonly channel: string;
  readonly lane: number;
  phase: keyof typeof STATES;
  window: Window;
  over: Promise<void>;
  wake: AbortController;
  opening: BreakerOpening | null;
  closedAtMs: number;
  tries: number;
  releasedUntilMs: number;
  /** What the store has not been told yet. */
  untold: 'open' | 'close' | null;
}

/**
 * Holds a lane back when its refusals say that a deploy is bad rather than the data (rule: domain/dead-letter-breaker.ts): nothing of the batch that
 * shows it is written or acknowledged, so that mending the deploy is enough and the letters need not be replayed. Other lanes go on.
 */
export class DeadLetterBreaker {
  readonly #deps: BreakerDependencies;
  readonly #lanes = new Map<string, LaneState>();
  #poll: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(deps: BreakerDependencies) {
    this.#deps = deps;
  }

  /** Learns what earlier processes left open. */
  async start(): Promise<void> {
    await this.refresh();
    this.#poll = setInterval(() => void this.refresh(), POLL_MS).unref();
  }

  /** Lets go of every lane, so that its source can stop. */
  stop(): void {
    this.#stopped = true;
    if (this.#poll !== null) clearInterval(this.#poll);
    for (const lane of this.#lanes.values()) lane.wake.abort();
  }

  held(): readonly HeldLane[] {
    return [...this.#lanes.values()].flatMap(({ channel, lane, phase, opening }) =>
      phase === 'closed' || opening === null ? [] : [{ channel, lane, position: opening.position }],
    );
  }

  /** Before any work on a batch. Throws LaneHeld while its lane is open. */
  enter({ channel, lane }: RawRecord): void {
    const state = this.#lane(channel, lane);
    if (state.phase === 'open' && !this.#released(state)) throw new LaneHeld(state.over);
  }

  /**
   * When every record of a batch has its verdict and nothing is written. Throws LaneHeld if it must not be; answers what to call once it is, because a
   * batch that goes back for another reason comes again and must not count twice.
   */
  admit(batch: readonly RawRecord[], lessons: readonly Lesson[]): () => void {
    const [first] = batch;
    if (first === undefined) return () => undefined;
    const state = this.#lane(first.channel, first.lane);
    const outcomes = outcomesOf(batch, lessons);
    const { limits, clock } = this.#deps;
    if (this.#released(state)) this.#close(state);
    else if (state.phase === 'closed') {
      const evidence = opens(state.window, outcomes, clock.now(), limits);
      if (evidence !== null) this.#open(state, evidence, batch, lessons);
    } else {
      const evidence = staysOpen(outcomes, limits);
      if (evidence !== null) this.#open(state, evidence, batch, lessons);
      this.#close(state);
    }
    return () => {
      state.window = addOutcomes(state.window, outcomes, clock.now(), limits);
    };
  }

  /** Looks at the store: what operators want, what others opened, what it has not been told. Never rejects. */
  async refresh(): Promise<void> {
    try {
      for (const row of await this.#deps.store.rows()) this.#hear(row);
      for (const state of this.#lanes.values()) if (state.untold !== null) await this.#tell(state);
    } catch (error) {
      this.#deps.logger.warn('dlq_breaker_store_away', { error });
    }
  }

  #hear({ channel, lane, openedAtMs, tries, releasedUntilMs }: BreakerRow): void {
    const state = this.#lane(channel, lane);
    const isAsked = tries > state.tries;
    state.tries = tries;
    state.releasedUntilMs = releasedUntilMs ?? 0;
    if (state.phase === 'open') {
      if (isAsked || this.#released(state)) state.wake.abort();
    } else if (state.phase === 'closed' && openedAtMs !== null && openedAtMs > state.closedAtMs) {
      // Opened by another process, or before this one began: whoever gets the lane now has to try it first.
      state.phase = 'trial';
    } else if (state.phase === 'trial' && openedAtMs === null && this.#isOld(state)) {
      // The lane went to another process, which has closed it.
      state.opening = null;
      this.#enterPhase(state, 'closed');
    }
  }

  /** What was opened a moment ago may not be in the rows yet. */
  #isOld({ opening, untold }: LaneState): boolean {
    return untold === null && opening !== null && this.#deps.clock.now() - opening.atMs > 2 * POLL_MS;
  }

  #open(state: LaneState, evidence: Evidence, batch: readonly RawRecord[], lessons: readonly Lesson[]): never {
    const at = lessons.findIndex((lesson) => lesson !== null && lesson !== 'taken' && SUSPECT.has(lesson));
    const position = (batch[at] ?? batch[0])?.position ?? 0n;
    const { channel, lane } = state;
    const wasOpen = state.phase === 'trial' && state.opening !== null;
    const { restMs, logger, clock } = this.#deps;
    const codes = countsOf(lessons);
    state.opening = { channel, lane, position, atMs: clock.now(), evidence: { ...evidence, codes } };
    state.window = EMPTY_WINDOW;
    state.untold = 'open';
    this.#rest(state);
    const told = {
      code: REASON,
      channel,
      lane,
      position: String(position),
      ...evidence,
      codes,
      try_again_in_ms: restMs,
    };
    if (wasOpen) logger.warn('dlq_breaker_still_open', told);
    else logger.error('dlq_breaker_open', told);
    void this.#tell(state);
    throw new LaneHeld(state.over);
  }

  #rest(state: LaneState): void {
    const wake = new AbortController();
    if (this.#stopped) wake.abort();
    state.wake = wake;
    state.over = this.#deps
      .pause(this.#deps.restMs, wake.signal)
      .catch(() => undefined)
      .then(() => this.#enterPhase(state, 'trial'));
    this.#enterPhase(state, 'open');
  }

  #close(state: LaneState): void {
    if (state.phase === 'closed') return;
    const { logger, clock } = this.#deps;
    logger.warn('dlq_breaker_closed', { channel: state.channel, lane: state.lane });
    state.opening = null;
    state.closedAtMs = clock.now();
    state.untold = 'close';
    this.#enterPhase(state, 'closed');
    void this.#tell(state);
  }

  #enterPhase(state: LaneState, phase: LaneState['phase']): void {
    state.phase = phase;
    const { metrics } = this.#deps;
    metrics.gauge('mmm_circuit_state', STATES[phase], { name: `dlq:${state.channel}:${state.lane}` });
    metrics.gauge('mmm_partition_blocked', this.held().length, { reason: REASON });
  }

  async #tell(state: LaneState): Promise<void> {
    const { store, logger } = this.#deps;
    const { opening, untold } = state;
    state.untold = null;
    try {
      if (untold === 'open' && opening !== null) await store.open(opening);
      if (untold === 'close') await store.close(state.channel, state.lane);
    } catch (error) {
      // The next look at the store tells it again, unless the lane has moved on meanwhile.
      state.untold ??= untold;
      logger.warn('dlq_breaker_store_away', { error });
    }
  }

  #released(state: LaneState): boolean {
    return state.releasedUntilMs > this.#deps.clock.now();
  }

  #lane(channel: string, lane: number): LaneState {
    const name = `${channel}:${lane}`;
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    const state: LaneState = {
      ...{ channel, lane, phase: 'closed', window: EMPTY_WINDOW, over: Promise.resolve(), wake: new AbortController() },
      ...{ opening: null, closedAtMs: 0, tries: 0, releasedUntilMs: 0, untold: null },
    };
    this.#lanes.set(name, state);
    return state;
  }
}

const isSuspect = (lesson: Lesson): boolean => lesson !== null && lesson !== 'taken' && SUSPECT.has(lesson);

/** Everything of a batch with a suspect refusal, else a sample of it. */
const outcomesOf = (batch: readonly RawRecord[], lessons: readonly Lesson[]): Outcome[] => {
  const step = lessons.some(isSuspect) ? 1 : Math.max(1, Math.ceil(batch.length / SAMPLED_RECORDS));
  const outcomes: Outcome[] = [];
  for (let at = 0; at < batch.length; at += step) {
    const lesson = lessons[at] ?? null;
    const suspect = isSuspect(lesson);
    if (suspect || lesson === 'taken') outcomes.push({ sender: senderOf(batch[at]?.value ?? null), suspect });
  }
  return outcomes;
};

const countsOf = (lessons: readonly Lesson[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const lesson of lessons) if (lesson !== null && isSuspect(lesson)) counts[lesson] = (counts[lesson] ?? 0) + 1;
  return counts;
};
