import type { SessionOutput } from '../../pipeline/ports/partitions.ts';
import { type LogOutputDeps, LogSessionOutputs } from './log-session-outputs.ts';

const CURSOR_PARTITION = 0;

/** As replay-output.ts of Kafka: one fence for each tenant, one group for each plan, whose position counts the items that are out. */
export const openLogReplayOutput = async (
  deps: LogOutputDeps,
  tenantId: string,
  planId: string,
): Promise<SessionOutput> => {
  const owner = { fence: `mmm-replay ${tenantId}`, group: `mmm-replay ${tenantId} ${planId}` };
  return await new LogSessionOutputs({ ...deps, owner }).open(CURSOR_PARTITION);
};
