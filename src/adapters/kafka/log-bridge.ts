import type { LogEntry, logCreator } from 'kafkajs';
import kafkajs from 'kafkajs';
import type { Logger } from '../../pipeline/ports/logger.ts';

/** Without a broker the client said one and the same line 175 times a second (measured): it is told at once and then this often, with a count. */
const SAME_LINE_MS = 10_000;
/** The texts hold addresses and group names, so there are a few dozen; more would be texts with something unique in them. */
const REMEMBERED_LINES = 200;

/**
 * Sends what the client says to our logger, lowered: it logs as error each answer that it then retries, several per transaction while
 * the one before completes. What ends a session or a member is logged by us.
 */
export function bridgeLogs(logger: Logger, monotonicMs: () => number = () => performance.now()): logCreator {
  const told = new Map<string, { readonly atMs: number; held: number }>();

  /** How often the line was held back since it was told last; null: hold it back now. */
  const repeated = (line: string): number | null => {
    const last = told.get(line);
    const atMs = monotonicMs();
    if (last !== undefined && atMs - last.atMs < SAME_LINE_MS) {
      last.held += 1;
      return null;
    }
    if (told.size >= REMEMBERED_LINES) told.clear();
    told.set(line, { atMs, held: 0 });
    return last?.held ?? 0;
  };

  return () =>
    ({ namespace, level, log }: LogEntry): void => {
      const { message, groupId, broker, error } = log as unknown as Record<string, unknown>;
      const fields = { namespace, text: message, groupId, broker, cause: error };
      if (level !== kafkajs.logLevel.ERROR || namespace === 'Connection') {
        logger.debug('kafka.client', fields);
        return;
      }
      const times = repeated(`${namespace} ${String(groupId)} ${String(message)}`);
      if (times === null) return;
      logger.warn('kafka.client', times === 0 ? fields : { ...fields, repeated: times });
    };
}
