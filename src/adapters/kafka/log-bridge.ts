import type { LogEntry, logCreator } from 'kafkajs';
import kafkajs from 'kafkajs';
import type { Logger } from '../../pipeline/ports/logger.ts';

/**
 * Sends what the client says to our logger, lowered: it logs as error each answer that it then retries, several per transaction while
 * the one before completes. What ends a session or a member is logged by us.
 */
export function bridgeLogs(logger: Logger): logCreator {
  return () =>
    ({ namespace, level, log }: LogEntry): void => {
      const { message, groupId, broker, error } = log as unknown as Record<string, unknown>;
      const fields = { namespace, text: message, groupId, broker, cause: error };
      if (level === kafkajs.logLevel.ERROR && namespace !== 'Connection') logger.warn('kafka.client', fields);
      else logger.debug('kafka.client', fields);
    };
}
