import type { Consumer } from 'kafkajs';
import type { Logger } from '../../pipeline/ports/logger.ts';
import type { GroupHealth } from './group-health.ts';
import { DeadlineError, within } from './within.ts';

/** Leaves four seconds of the ten that an ordered stop has to everything else. */
const JOIN_AWAITED_MS = 6_000;

export interface LeaveFacts {
  readonly group: string;
  readonly health: Pick<GroupHealth, 'joining'>;
  readonly logger: Logger;
}

/**
 * Leaves the group, or gives that up. The client can leave only between two of its requests, and a request to join is answered when every member has
 * joined or run out of its session: with one of them killed or hung that takes longer than a stop may. While it joins it works on nothing; the others
 * then wait for the session of this member, as they would had it been killed. Whatever else holds the member up is waited for.
 */
export const leaveGroup = async (consumer: Consumer, { group, health, logger }: LeaveFacts): Promise<void> => {
  const left = consumer.disconnect();
  try {
    await within(JOIN_AWAITED_MS, left);
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    if (!health.joining) return await left;
    logger.warn('kafka.left_unannounced', { group, waited_ms: JOIN_AWAITED_MS });
  }
};
