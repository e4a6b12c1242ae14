import { MmmError } from '../../errors.ts';
import type { ShardReport } from '../queries/judge-shard.ts';

export interface CursorRequest {
  readonly shard: number;
  readonly to: bigint;
  readonly reason: string;
  readonly who: string;
  /** The log lost records that it had confirmed: a number below what is known to be published is allowed. */
  readonly publishAgain: boolean;
}

export interface CursorStore {
  /** Null when the shard does not exist. */
  report(shard: number): Promise<ShardReport | null>;
  /** True when a process may run a session of the shard now. */
  mayRun(): Promise<boolean>;
  /** One line in mmm_audit. */
  audit(what: string, request: CursorRequest, from: bigint | null): Promise<void>;
  /** What was known to be published above `to` is so no more; false, and nothing changed, when its rows are not all kept. */
  forgetPublished(shard: number, to: bigint): Promise<boolean>;
  /** Shuts every earlier session of the shard out of the log and commits the cursor, as a session does. */
  commit(shard: number, cursor: bigint): Promise<void>;
}

const refuse = (message: string, report: ShardReport): MmmError =>
  new MmmError('CONFLICT', message, {
    details: {
      cursor: report.cursor === null ? 'missing' : report.cursor.toString(),
      published_upto: report.publishedUpto.toString(),
      next_number: report.nextNumber.toString(),
    },
  });

const rowsGone = ({ shard, to }: CursorRequest, { publishedUpto }: ShardReport): MmmError =>
  new MmmError(
    'OUTBOX_GAP',
    `rows of shard ${shard} between ${to + 1n} and ${publishedUpto} are not kept any more (a day, once published): they can not be published again`,
    { details: { shard, to: to.toString(), published_upto: publishedUpto.toString() } },
  );

/**
 * Says where publishing of a shard goes on: the rows above `to` are published next. Too low sends records again, too high loses them, so it is
 * refused while a session runs, below what is known to be published (unless it is to be published again), and above what was ever numbered. Answers the
 * cursor before. Throws RESOURCE_NOT_FOUND, CONFLICT, DATABASE_WENT_BACK, OUTBOX_GAP.
 */
export const setCursor = async (store: CursorStore, request: CursorRequest): Promise<bigint | null> => {
  const report = await store.report(request.shard);
  if (report === null) throw new MmmError('RESOURCE_NOT_FOUND', `there is no shard ${request.shard}`);
  if (report.fault === 'DATABASE_WENT_BACK') {
    throw new MmmError(
      'DATABASE_WENT_BACK',
      'the cursor is above the counter: PostgreSQL lost commits, no cursor mends that',
      {
        details: { cursor: String(report.cursor), next_number: report.nextNumber.toString() },
      },
    );
  }
  if (report.fault === null && (await store.mayRun()))
    throw refuse('the shard is not stopped and the engine runs: stop every engine process first', report);
  if (request.to < 0n || request.to >= report.nextNumber)
    throw refuse(`--to ${request.to}: the highest number of this shard is ${report.nextNumber - 1n}`, report);
  const again = request.to < report.publishedUpto;
  if (again && !request.publishAgain)
    throw refuse(`--to ${request.to}: numbers up to ${report.publishedUpto} are known to be published`, report);
  // Before the change: a cursor that moved without a line in the audit would be worse than a line too many.
  await store.audit('outbox_cursor_set', request, report.cursor);
  try {
    // Before the cursor: between the two the shard stands, because a cursor below what is published does not start.
    if (again && !(await store.forgetPublished(request.shard, request.to))) throw rowsGone(request, report);
    await store.commit(request.shard, request.to);
  } catch (error) {
    await store.audit('outbox_cursor_set_failed', request, report.cursor);
    throw error;
  }
  return report.cursor;
};
