import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../pipeline/ports/logger.ts';
import type { Nudge } from '../../replay/items/replay-item.ts';
import { RecordedRules } from '../../replay/recorded-rules.ts';
import { nudgeVeto } from '../../replay/run/nudge-veto.ts';
import { type RunAnswer, type RunRequest, runSending } from '../../replay/run/run-plan.ts';
import { replayReceiptRecord, sealRun } from '../../replay/run/seal-run.ts';
import type { Config } from '../../runtime/config.ts';
import { openCommandLog } from './command-log.ts';
import { systemClock } from './process-parts.ts';
import { codecOf, collectFor } from './replay-ground.ts';
import type { ReplayReading } from './replay-reading.ts';

/** Why each of these cards must not go out now, by the rules, profiles and outcomes of this moment. */
const vetoesOf = async (
  reading: ReplayReading,
  tenantId: string,
  nudges: readonly Nudge[],
): Promise<readonly (string | null)[]> => {
  const nowMs = systemClock.now();
  const { history, compile } = reading;
  const rules = new RecordedRules(tenantId, await history.rules(tenantId), compile).at(nowMs);
  const actorIds = [...new Set(nudges.map(({ actorId }) => actorId))];
  const profiles = await history.profiles(tenantId, actorIds);
  const decisionIds = [...new Set(nudges.map(({ decisionId }) => decisionId))];
  const outcomes = await history.outcomes(tenantId, { actorIds, decisionIds });
  return nudges.map((nudge) =>
    nudgeVeto(nudge, { rules, profile: profiles.get(nudge.actorId) ?? null, outcomes, nowMs }),
  );
};

export interface SendingOptions {
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, all: number) => void;
}

/** Runs a plan that sends: the only place where a replay is given a way out (G8). */
export const runSendingPlan = async (
  reading: ReplayReading,
  config: Config,
  request: RunRequest,
  { logger, signal, onProgress }: SendingOptions,
  openLog: typeof openCommandLog = openCommandLog,
): Promise<RunAnswer> => {
  const log = await openLog(config, logger);
  try {
    const codec = await codecOf(reading, config);
    return await runSending(
      {
        ...reading,
        seal: sealRun({ ids: reading.ids, signer: reading.signer, clock: systemClock }),
        openOutput: (tenantId, planId) => log.replayOutput(tenantId, planId),
        collect: (document) => collectFor(reading, config, document),
        vetoes: (nudges) => vetoesOf(reading, request.tenantId, nudges),
        receiptRecord: replayReceiptRecord(codec),
        clock: systemClock,
        pause: async (ms, aborted) => await delay(ms, undefined, { signal: aborted }),
        signal,
        onProgress,
      },
      request,
    );
  } finally {
    await log.close();
  }
};
