import { MemoryJournal } from '../../src/adapters/memory/memory-journal.ts';
import { MmmError } from '../../src/errors.ts';
import type { JournalEntry } from '../../src/domain/actor-state.ts';
import type {
  ActorAnswer,
  ActorCommit,
  CommitAnswer,
  CommitRequest,
  OutboxRow,
  OutcomeCommit,
  ShardStatus,
  StoredOutcome,
} from '../../src/pipeline/ports/journal.ts';
import type { OutputRecord } from '../../src/pipeline/ports/records.ts';

/** What a commit that won has given an actor: signals with their decisions, or one outcome. */
export interface Gain extends Pick<ActorCommit, 'key' | 'decisions' | 'outbox' | 'deferrals'> {
  readonly entries: readonly JournalEntry[];
  /** Null: it is of signals. */
  readonly outcome: StoredOutcome | null;
}

/** An actor's part of a commit that won. */
export interface Committed {
  readonly shard: number;
  /** Null: a synchronous decision, or an outcome. */
  readonly epoch: bigint | null;
  readonly commit: Gain;
  /** Number of its first outbox row. */
  readonly first: bigint;
}

type Operation =
  | { readonly kind: 'open'; readonly shard: number }
  | { readonly kind: 'published'; readonly shard: number; readonly epoch: bigint; readonly upto: bigint }
  | { readonly kind: 'commit'; readonly request: CommitRequest; readonly won: readonly Committed[] }
  | { readonly kind: 'outcome'; readonly request: OutcomeCommit; readonly won: readonly Committed[] };

const isWrite = (operation: Operation): operation is Extract<Operation, { won: unknown }> => 'won' in operation;

/**
 * PostgreSQL as far as the journal can see it: the memory journal, which passes the same contract suite, with a history that can be cut (a restore
 * from a backup, a failover that lost commits), the timeline that tells of it, and outbox rows that stay when they are published.
 */
export class Postgres {
  #journal = new MemoryJournal();
  #history: Operation[] = [];
  #timeline = 1;
  readonly #compared = new Map<number, number>();
  readonly #rows = new Map<number, OutputRecord[]>();
  readonly #listeners = new Set<(shard: number) => void>();
  /** What restores have lost, newest last. */
  undone: Committed[] = [];
  /** What the last of them has cut off: the newest state there ever was is behind it, as long as nothing else was written since. */
  #cutOff: readonly Operation[] = [];
  #lengthAtCut = 0;
  #writesAtCut = 0;

  /** The journal that knows no timeline and no history: reads of it, and what a variant does behind the port's back. */
  get raw(): MemoryJournal {
    return this.#journal;
  }

  async openShard(shard: number): Promise<ShardStatus> {
    if (!this.#compared.has(shard)) this.#compared.set(shard, this.#timeline);
    this.#history.push({ kind: 'open', shard });
    return this.#journal.openShard(shard);
  }

  async commit(request: CommitRequest): Promise<CommitAnswer> {
    if (!this.#compared.has(request.shard)) this.#compared.set(request.shard, this.#timeline);
    this.#checkTimeline(request.shard);
    const answer = await this.#journal.commit(request);
    const won: Committed[] = [];
    const rows = this.#rows.get(request.shard) ?? [];
    this.#rows.set(request.shard, rows);
    request.actors.forEach((commit, index) => {
      if (answer.actors[index]!.status === 'conflict') return;
      const gain = { ...commit, outcome: null };
      won.push({ shard: request.shard, epoch: request.epoch, commit: gain, first: BigInt(rows.length) + 1n });
      rows.push(...commit.outbox);
    });
    if (won.length > 0) this.#history.push({ kind: 'commit', request, won });
    const { shard, epoch, publishedUpto: upto } = request;
    if (upto !== undefined && epoch !== null) this.#history.push({ kind: 'published', shard, epoch, upto });
    // Only what others than the session commit is notified.
    if (request.epoch === null && answer.firstNumber !== null) for (const tell of this.#listeners) tell(request.shard);
    return answer;
  }

  async commitOutcome(request: OutcomeCommit): Promise<ActorAnswer> {
    const { shard, key, entry, outcome, outbox } = request;
    if (!this.#compared.has(shard)) this.#compared.set(shard, this.#timeline);
    this.#checkTimeline(shard);
    const answer = await this.#journal.commitOutcome(request);
    if (answer.status === 'conflict') return answer;
    const rows = this.#rows.get(shard) ?? [];
    this.#rows.set(shard, rows);
    const gain: Gain = { key, entries: [entry], decisions: [], outbox, outcome };
    this.#history.push({
      kind: 'outcome',
      request,
      won: [{ shard, epoch: null, commit: gain, first: BigInt(rows.length) + 1n }],
    });
    rows.push(...outbox);
    for (const tell of this.#listeners) tell(shard);
    return answer;
  }

  async accepted(shard: number, epoch: bigint, cursor: bigint): Promise<void> {
    await this.#journal.accepted(shard, epoch, cursor);
    this.#history.push({ kind: 'published', shard, epoch, upto: cursor });
    this.#compared.set(shard, this.#timeline);
  }

  async published(shard: number, epoch: bigint, upto: bigint): Promise<void> {
    this.#checkTimeline(shard);
    await this.#journal.published(shard, epoch, upto);
    this.#history.push({ kind: 'published', shard, epoch, upto });
  }

  outbox(shard: number, after: bigint, maxRows: number): readonly OutboxRow[] {
    this.#checkTimeline(shard);
    if (after > BigInt(this.rows(shard).length)) {
      throw new MmmError('DATABASE_WENT_BACK', undefined, { details: { shard } });
    }
    return this.rows(shard)
      .slice(Number(after), Number(after) + maxRows)
      .map((record, index) => ({ number: after + 1n + BigInt(index), record }));
  }

  /** Every outbox row of the shard that was committed and not undone, from number 1 on. */
  rows(shard: number): readonly OutputRecord[] {
    return this.#rows.get(shard) ?? [];
  }

  publishedUpto(shard: number): bigint {
    return this.#history.reduce(
      (upto, one) => (one.kind === 'published' && one.shard === shard && one.upto > upto ? one.upto : upto),
      -1n,
    );
  }

  committed(): Committed[] {
    return this.#history.flatMap((operation) => (isWrite(operation) ? operation.won : []));
  }

  listen(listener: (shard: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Back to before the last `commits` commits. Everything that anyone knows of them is now of another history. */
  goBack(commits: number): void {
    const places = this.#history.flatMap((operation, index) => (isWrite(operation) ? [index] : []));
    const cut = places.at(-commits);
    if (cut === undefined) return;
    this.#cutOff = this.#history.slice(cut);
    for (const operation of this.#cutOff) if (isWrite(operation)) this.undone.push(...operation.won);
    this.#history = this.#history.slice(0, cut);
    this.#replay();
  }

  /**
   * What the remedy of DATABASE_WENT_BACK asks of an operator: PostgreSQL restored to its latest state, from the log that the failover did not have.
   * False: something was written on the shorter history meanwhile, and it would be lost in turn.
   */
  goForward(): boolean {
    const kept = new Set(this.#cutOff.flatMap((operation) => (isWrite(operation) ? operation.won : [])));
    const writesBefore = this.#history.filter(isWrite).length;
    if (kept.size === 0 || writesBefore !== this.#writesAtCut) return false;
    const opensSince = this.#history.slice(this.#lengthAtCut);
    this.#history = [...this.#history.slice(0, this.#lengthAtCut), ...this.#cutOff, ...opensSince];
    this.undone = this.undone.filter((one) => !kept.has(one));
    this.#cutOff = [];
    this.#replay();
    return true;
  }

  /** A server of this history, on a timeline of its own. */
  #replay(): void {
    this.#lengthAtCut = this.#history.length;
    this.#writesAtCut = this.#history.filter(isWrite).length;
    this.#rows.clear();
    for (const { shard, commit } of this.committed()) {
      this.#rows.set(shard, [...this.rows(shard), ...commit.outbox]);
    }
    this.#timeline += 1;
    this.#journal = new MemoryJournal();
    // Each of them once won, and wins again: the journal writes in the call itself.
    for (const operation of this.#history) {
      if (operation.kind === 'open') void this.#journal.openShard(operation.shard);
      else if (operation.kind === 'commit') void this.#journal.commit(operation.request);
      else if (operation.kind === 'outcome') void this.#journal.commitOutcome(operation.request);
      else void this.#journal.published(operation.shard, operation.epoch, operation.upto).catch(() => undefined);
    }
  }

  #checkTimeline(shard: number): void {
    if (this.#compared.get(shard) === this.#timeline) return;
    throw new MmmError('DATABASE_WENT_BACK', undefined, { details: { shard } });
  }
}
