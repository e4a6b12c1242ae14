import { createHash } from 'node:crypto';
import type { SessionOutput } from '../../pipeline/ports/partitions.ts';
import { KafkaSessionOutput, type SessionOutputDeps } from './session-output.ts';

/** Where the cursor of a replay is committed: on mmm.outbox as a session's is, in a group of the plan's own. Any partition would do. */
const CURSOR_PARTITION = 0;

/**
 * The way out of a replay: one transactional id for each tenant, so that a second run shuts the first out, and one group for each plan, whose offset
 * counts the items that are out.
 */
export const openReplayOutput = (deps: SessionOutputDeps, tenantId: string, planId: string): SessionOutput => {
  // Tenant ids are any text; access rules are written for names that are not.
  const tenant = createHash('sha256').update(tenantId).digest('hex').slice(0, 16);
  const owner = {
    transactionalId: deps.names.group(`mmm-replay-${tenant}`),
    group: deps.names.group(`mmm-replay-${tenant}-${planId}`),
  };
  return new KafkaSessionOutput({ ...deps, owner }, CURSOR_PARTITION);
};
