import { DecideSessions, type DecideSessionsDeps, type PartitionHealth } from './decide-sessions.ts';
import { createDefer, type DeferDependencies } from './defer/defer.ts';
import type { HeldLane } from './breaker.ts';
import { createIntake, type IntakeDependencies } from './intake/intake.ts';
import { createOutcomes, type OutcomesDependencies } from './outcomes/outcomes.ts';
import type { SourceHealth } from './ports/intake.ts';

/**
 * The stream, stage by stage. This is its table of contents: what happens is in the folders, in this order.
 *
 *   raw topics -> INTAKE -> NORMALISE -> mmm.signals (key tenant|actor)        at least once, harmless: ids come from the producer's id
 *                    +---------+-> mmm.dlq                                     bytes untouched, with what, where and how to mend it
 *   mmm.signals -> DECIDE -> PUBLISH -> decisions, deliveries, receipts        exactly once: one session per partition
 *   deferrals due -> DEFER -> mmm.signals                                      at least once, harmless: the same deferral gives the same signal
 *   mmm.outcome_reports -> OUTCOMES -> outcomes, receipts                      once per outcome id: through the outbox of the actor's shard
 *   (COMPOSE and SHIP have their places and ports; they come with their issues)
 */
export interface PipelineDeps {
  /** Null: this process does not have the role. */
  readonly intake: IntakeDependencies | null;
  readonly outcomes: OutcomesDependencies | null;
  readonly decide: DecideSessionsDeps | null;
  readonly defer: DeferDependencies | null;
}

export interface Pipeline {
  start(): Promise<void>;
  stop(): Promise<void>;
  health(): PipelineHealth;
}

export interface PipelineHealth {
  readonly intake: SourceHealth | null;
  /** Lanes of intake and outcomes whose breaker is open. */
  readonly held: readonly HeldLane[];
  readonly outcomes: SourceHealth | null;
  readonly decide: SourceHealth | null;
  /** Those that this process owns. */
  readonly partitions: readonly PartitionHealth[] | null;
}

export const createPipeline = (deps: PipelineDeps): Pipeline => {
  // INTAKE and NORMALISE: bytes of a neighbour in, one MMMSignalInput or one dead letter out (pipeline/intake, pipeline/normalise).
  const intake = deps.intake === null ? null : createIntake(deps.intake);

  // DECIDE and PUBLISH: plan against the actor's state, commit to the journal, then one transaction of the log with rows, input offset and cursor
  // (pipeline/decide, pipeline/publish; partition-session.ts joins them, because the offset may only move behind what is published).
  const decide = deps.decide === null ? null : new DecideSessions(deps.decide);

  // DEFER: what was put off comes back when it is due, as a signal among the others, and is decided again against now (pipeline/defer).
  const defer = deps.defer === null ? null : createDefer(deps.defer);

  // OUTCOMES: what became of an action, into its actor's journal (pipeline/outcomes). Beside intake, not in it: it needs PostgreSQL, signals do not.
  const outcomes = deps.outcomes === null ? null : createOutcomes(deps.outcomes);

  return {
    // Consumers before producers, so that nothing piles up in front of a stage that is still starting.
    start: async () => {
      await decide?.start();
      await Promise.all([intake?.start(), outcomes?.start()]);
      await defer?.start();
    },
    // All at once: each stage ends what it has taken, and what it has written lies in the log for the next owner. One after the other, the sessions
    // would go on deciding for as long as intake needs, and on a busy machine the sum is over the deadline of the process.
    stop: async () => {
      await Promise.all([defer?.stop(), intake?.stop(), outcomes?.stop(), decide?.stop()]);
    },
    health: () => ({
      intake: intake?.health() ?? null,
      held: deps.intake?.breaker?.held() ?? [],
      outcomes: outcomes?.health() ?? null,
      decide: decide?.health() ?? null,
      partitions: decide?.partitions() ?? null,
    }),
  };
};
