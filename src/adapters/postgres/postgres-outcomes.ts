import { headersToText } from '../../pipeline/ports/header-text.ts';
import type { OutcomeCommit, OutcomePlace, OutcomeStanding } from '../../pipeline/ports/journal.ts';
import type { OutputRecord } from '../../pipeline/ports/records.ts';
import type { Queryable } from './database.ts';
import { sqlFile } from './sql-file.ts';

/** As role mmm_pipeline. */
export const outcomeStanding = async (database: Queryable, place: OutcomePlace): Promise<OutcomeStanding> => {
  const { tenantId, decisionId, actionId, outcomeId } = place;
  const [row] = await database.query<OutcomeStanding>(sqlFile('outcome-standing'), [
    tenantId,
    decisionId,
    actionId,
    outcomeId,
  ]);
  return row ?? { action: null, stored: null };
};

const bytesOf = (value: Uint8Array | string | null): Buffer | null => (value === null ? null : Buffer.from(value));
const column = <T>(outbox: readonly OutputRecord[], of: (record: OutputRecord) => T): T[] => outbox.map(of);

/** True: committed. As role mmm_pipeline. */
export const commitOutcome = async (database: Queryable, commit: OutcomeCommit): Promise<boolean> => {
  const { key, entry, outcome, outbox } = commit;
  const [row] = await database.query<{ committed: boolean }>(sqlFile('commit-outcome'), [
    commit.shard,
    key.tenantId,
    key.actorId,
    commit.version,
    commit.head,
    commit.newHead,
    bytesOf(commit.newReceiptKey),
    entry.entryId,
    outcome.outcomeId,
    outcome.decisionId,
    outcome.actionId,
    outcome.result,
    outcome.reason,
    outcome.occurredAtMs,
    outcome.recordedAtMs,
    // Under short names, as commit-encoding.ts has them for signals.
    JSON.stringify({ o: entry.outcomeId, a: entry.actionId, d: entry.dismissal, c: entry.chain }),
    outcome.receiptId,
    commit.receipt,
    column(outbox, (record) => record.topic),
    column(outbox, (record) => headersToText(record.headers)),
    column(outbox, (record) => bytesOf(record.key)),
    column(outbox, (record) => bytesOf(record.value)),
  ]);
  return row?.committed === true;
};
