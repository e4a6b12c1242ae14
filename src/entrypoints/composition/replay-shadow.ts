import { type RunAnswer, type RunRequest, runWithoutOutput } from '../../replay/run/run-plan.ts';
import { sealRun } from '../../replay/run/seal-run.ts';
import { runShadow } from '../../replay/shadow/run-shadow.ts';
import type { Config } from '../../runtime/config.ts';
import { systemClock } from './process-parts.ts';
import { groundFor } from './replay-ground.ts';
import type { ReplayReading } from './replay-reading.ts';

/** Runs the plan of a shadow with nothing but readers: the process has no way out to anybody (G8). */
export const runShadowPlan = async (
  reading: ReplayReading,
  config: Config,
  request: RunRequest,
  onProgress: (lines: number) => void,
): Promise<RunAnswer> =>
  await runWithoutOutput(
    {
      ...reading,
      seal: sealRun({ ids: reading.ids, signer: reading.signer, clock: systemClock }),
      ground: (document) => groundFor(reading, config, document),
      work: async ({ tenantId, selection, rules, plannedAtMs, ground }) =>
        selection.deadLetters === null
          ? await runShadow(reading, { tenantId, selection, rules: rules ?? 'now', nowMs: plannedAtMs }, onProgress)
          : {
              would_be_taken: ground.items,
              known_already: ground.duplicates,
              too_old_to_nudge: ground.late,
              left_out: ground.leftOut,
            },
    },
    request,
  );
