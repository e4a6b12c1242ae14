import { createHmac, createSecretKey } from 'node:crypto';
import { MmmError } from '../../errors.ts';
import type {
  ActorProfile,
  Dismissal,
  JournalEntry,
  OutcomeEntry,
  RecentSignal,
  SentAction,
  SignalEntry,
} from '../../domain/actor-state.ts';
import type { ContextEvent } from '../../domain/context/context-event.ts';
import type { ActorKey } from '../../domain/ids.ts';
import type { OutcomeResult, SignalResult } from '../../domain/vocabulary.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import type { TopicName } from '../../generated/topics.ts';
import type { Clock } from '../../pipeline/ports/clock.ts';
import type { DeferralKey } from '../../pipeline/ports/deferrals.ts';
import { headersFromText } from '../../pipeline/ports/header-text.ts';
import { journalSignalKey } from '../../pipeline/ports/journal.ts';
import type {
  ActorAnswer,
  CommitAnswer,
  CommitRequest,
  FoldedActor,
  Journal,
  OutboxRow,
  OutcomeCommit,
  OutcomePlace,
  OutcomeStanding,
  ShardStatus,
  SignalKey,
  StoredDecision,
} from '../../pipeline/ports/journal.ts';
import { textsText } from './array-text.ts';
import { commitArguments } from './commit-encoding.ts';
import type { Database } from './database.ts';
import { deferredSignalOf } from './postgres-deferral-queue.ts';
import { serverError } from './database-errors.ts';
import { commitOutcome, outcomeStanding } from './postgres-outcomes.ts';
import { sqlFile } from './sql-file.ts';

/** Entries older than this can decide nothing (design 3.4), and a day more, because decided_at may be ahead of occurred_at. */
const FOLD_WINDOW_MS = 31 * 24 * 3_600_000;
/** Looking for old outbox rows costs a read of 2,000 rows, and they are kept a day: once in a while is enough. */
const PURGE_EVERY_MS = 60_000;
const PURGE_ROWS = 2_000;
/** A signal id committed by another shard between our look and our insert: the second look finds it. More than twice is a fault. */
const COMMIT_ATTEMPTS = 3;

export type EntryTuple = SignalTuple | OutcomeTuple;

type OutcomeTuple = [
  kind: 'outcome',
  version: number,
  entryId: string,
  decisionId: string,
  result: OutcomeResult,
  atMs: number,
  decidedAtMs: number,
  facts: { o: string; a: string; d: Dismissal | null; c: string },
];

type SignalTuple = [
  kind: 'signal',
  version: number,
  signalId: string,
  decisionId: string | null,
  result: SignalResult,
  atMs: number,
  decidedAtMs: number,
  facts: {
    x?: ContextEvent;
    r: RecentSignal | null;
    s: SentAction[];
    c: string;
    d?: NonNullable<SignalEntry['deferred']>;
    e?: NonNullable<SignalEntry['resolved']>;
    k?: NonNullable<SignalEntry['cards']>;
  },
];

interface FoldRow {
  readonly version: number | null;
  readonly head: string | null;
  readonly profile: ActorProfile | null;
  readonly receipt_key: Buffer | null;
  readonly entries: readonly EntryTuple[] | null;
}

interface OutboxResult {
  readonly next_number: string;
  readonly compared: boolean;
  readonly number: string | null;
  readonly topic: TopicName;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: string;
}

/** A row of the journal as `json_build_array` of fold.sql gives it. */
export const entryOf = (tuple: EntryTuple): JournalEntry =>
  tuple[0] === 'outcome' ? outcomeEntry(tuple) : signalEntry(tuple);

const outcomeEntry = ([
  kind,
  version,
  entryId,
  decisionId,
  result,
  atMs,
  decidedAtMs,
  facts,
]: OutcomeTuple): OutcomeEntry => ({
  kind,
  version,
  entryId,
  outcomeId: facts.o,
  decisionId,
  actionId: facts.a,
  result,
  atMs,
  decidedAtMs,
  dismissal: facts.d,
  chain: facts.c,
});

const signalEntry = ([
  kind,
  version,
  signalId,
  decisionId,
  result,
  atMs,
  decidedAtMs,
  facts,
]: SignalTuple): SignalEntry => ({
  kind,
  version,
  signalId,
  decisionId,
  result,
  atMs,
  decidedAtMs,
  recent: facts.r,
  sent: facts.s,
  ...(facts.x === undefined ? {} : { context: facts.x }),
  chain: facts.c,
  ...(facts.d === undefined ? {} : { deferred: facts.d }),
  ...(facts.e === undefined ? {} : { resolved: facts.e }),
  ...(facts.k === undefined ? {} : { cards: facts.k }),
});

/** `actor_ref` of receipts (design 3.8): erasing the key makes it a number of nobody. As a key object: with the bytes Node takes ten times as long. */
export const actorRefOf = (receiptKey: Uint8Array, actorId: string): string =>
  createHmac('sha256', createSecretKey(receiptKey)).update(actorId).digest('hex');

/** The journal in PostgreSQL, as role mmm_pipeline. The statements are in sql/, the commit is migrations/0003_commit.sql. */
export class PostgresJournal implements Journal {
  readonly #database: Database;
  readonly #clock: Pick<Clock, 'now' | 'monotonicMs'>;
  readonly #purgedAt = new Map<number, number>();

  constructor(database: Database, clock: Pick<Clock, 'now' | 'monotonicMs'>) {
    this.#database = database;
    this.#clock = clock;
  }

  async openShard(shard: number): Promise<ShardStatus> {
    const rows = await this.#database.query<{ epoch: string; next_number: string; published_upto: string }>(
      sqlFile('open-shard'),
      [shard],
    );
    const row = rows[0];
    if (row === undefined) throw new MmmError('INTERNAL_ERROR', 'the shard row was not answered');
    this.#purgedAt.delete(shard);
    return { epoch: BigInt(row.epoch), nextNumber: BigInt(row.next_number), publishedUpto: BigInt(row.published_upto) };
  }

  async fold(actors: readonly ActorKey[]): Promise<readonly FoldedActor[]> {
    if (actors.length === 0) return [];
    const rows = await this.#database.query<FoldRow>(sqlFile('fold'), [
      textsText(actors.map((key) => key.tenantId)),
      textsText(actors.map((key) => key.actorId)),
      this.#clock.now() - FOLD_WINDOW_MS,
    ]);
    return actors.map((key, index) => {
      const row = rows[index];
      const receiptKey = row?.receipt_key ?? null;
      return {
        key,
        version: row?.version ?? 0,
        head: row?.head ?? '',
        profile: row?.profile ?? null,
        actorRef: receiptKey === null ? null : actorRefOf(receiptKey, key.actorId),
        entries: (row?.entries ?? []).map(entryOf),
      };
    });
  }

  async knownSignals(signals: readonly SignalKey[]): Promise<ReadonlySet<string>> {
    if (signals.length === 0) return new Set();
    const rows = await this.#database.query<{ ord: number }>(sqlFile('known-signals'), [
      textsText(signals.map((signal) => signal.tenantId)),
      textsText(signals.map((signal) => signal.signalId)),
    ]);
    const known = new Set<string>();
    for (const { ord } of rows) {
      const signal = signals[ord - 1];
      if (signal !== undefined) known.add(journalSignalKey(signal.tenantId, signal.signalId));
    }
    return known;
  }

  async commit(request: CommitRequest): Promise<CommitAnswer> {
    const values = commitArguments(request);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#commitOnce(request, values);
      } catch (error) {
        // Rolled back as a whole, so nothing is in doubt.
        if (serverError(error)?.constraint !== 'mmm_journal_signal' || attempt >= COMMIT_ATTEMPTS) throw error;
      }
    }
  }

  async #commitOnce(request: CommitRequest, values: readonly unknown[]): Promise<CommitAnswer> {
    const rows = await this.#database.query<{
      committed: boolean[] | null;
      first_number: string | null;
      last_number: string;
    }>(sqlFile('commit'), values);
    const row = rows[0];
    const committed = row?.committed ?? [];
    if (row === undefined || committed.length !== request.actors.length) {
      throw new MmmError('INTERNAL_ERROR', 'the commit did not answer for each actor');
    }
    return {
      actors: request.actors.map((actor, index) =>
        committed[index] === true
          ? { status: 'committed', version: actor.version + actor.entries.length }
          : { status: 'conflict' },
      ),
      firstNumber: row.first_number === null ? null : BigInt(row.first_number),
      lastNumber: BigInt(row.last_number),
    };
  }

  async outbox(shard: number, after: bigint, maxRows: number, maxBytes: number): Promise<readonly OutboxRow[]> {
    const rows = await this.#database.query<OutboxResult>(sqlFile('outbox'), [
      shard,
      after.toString(),
      maxRows,
      maxBytes,
    ]);
    const shardRow = rows[0];
    const isBehind = shardRow === undefined ? after > 0n : BigInt(shardRow.next_number) <= after;
    if (isBehind || shardRow?.compared === false) {
      throw new MmmError('DATABASE_WENT_BACK', undefined, { details: { shard, cursor: after.toString() } });
    }
    const found: OutboxRow[] = [];
    for (const row of rows) {
      const expected = after + BigInt(found.length) + 1n;
      if (row.number === null) {
        if (BigInt(row.next_number) <= expected) break;
      }
      if (row.number === null || BigInt(row.number) !== expected) {
        throw new MmmError('OUTBOX_GAP', undefined, { details: { shard, number: expected.toString() } });
      }
      const { topic, key, value, headers } = row;
      found.push({ number: expected, record: { topic, key, value, headers: headersFromText(headers) } });
    }
    return found;
  }

  async accepted(shard: number, epoch: bigint, cursor: bigint): Promise<void> {
    const rows = await this.#database.query(sqlFile('accepted'), [shard, epoch.toString(), cursor.toString()]);
    if (rows.length === 0) throw await this.#whyNotPublished(shard, epoch, cursor);
  }

  async published(shard: number, epoch: bigint, upto: bigint): Promise<void> {
    const rows = await this.#database.query(sqlFile('published'), [shard, epoch.toString(), upto.toString()]);
    if (rows.length === 0) throw await this.#whyNotPublished(shard, epoch, upto);
    const now = this.#clock.monotonicMs();
    if (now - (this.#purgedAt.get(shard) ?? -Infinity) < PURGE_EVERY_MS) return;
    this.#purgedAt.set(shard, now);
    let deleted: number;
    do {
      deleted = (await this.#database.query(sqlFile('purge-outbox'), [shard, PURGE_ROWS])).length;
    } while (deleted === PURGE_ROWS);
  }

  async #whyNotPublished(shard: number, epoch: bigint, upto: bigint): Promise<MmmError> {
    const rows = await this.#database.query<{ epoch: string; next_number: string }>(
      'SELECT epoch, next_number FROM mmm_shards WHERE shard = $1',
      [shard],
    );
    const row = rows[0];
    if (row !== undefined && BigInt(row.epoch) > epoch)
      return new MmmError('EPOCH_STALE', undefined, { details: { shard } });
    return new MmmError('DATABASE_WENT_BACK', undefined, {
      details: { shard, cursor: upto.toString(), nextNumber: row?.next_number ?? '' },
    });
  }

  onOutbox(listener: (shard: number) => void): () => void {
    return this.#database.listen('mmm_outbox', (payload) => {
      if (payload !== null) listener(Number(payload));
    });
  }

  async decisionOfSignal(tenantId: string, signalId: string): Promise<StoredDecision | null> {
    const rows = await this.#database.query<{ decision_id: string; body: string; receipt: string }>(
      sqlFile('decision-of-signal'),
      [tenantId, signalId],
    );
    const row = rows[0];
    return row === undefined ? null : { decisionId: row.decision_id, body: row.body, receipt: row.receipt };
  }

  async deferredSignals(deferrals: readonly DeferralKey[]): Promise<ReadonlyMap<string, MmmSignalInput>> {
    if (deferrals.length === 0) return new Map();
    const rows = await this.#database.query<{ ord: number; facts: string }>(sqlFile('deferred-signals'), [
      textsText(deferrals.map((one) => one.tenantId)),
      textsText(deferrals.map((one) => one.actionId)),
    ]);
    return new Map(rows.map(({ ord, facts }) => [deferrals[ord - 1]!.actionId, deferredSignalOf(facts)]));
  }

  async outcomeStanding(outcome: OutcomePlace): Promise<OutcomeStanding> {
    return await outcomeStanding(this.#database, outcome);
  }

  async commitOutcome(commit: OutcomeCommit): Promise<ActorAnswer> {
    return (await commitOutcome(this.#database, commit))
      ? { status: 'committed', version: commit.version + 1 }
      : { status: 'conflict' };
  }
}
