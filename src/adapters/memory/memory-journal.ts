import { createHmac, randomUUID } from 'node:crypto';
import { MmmError } from '../../errors.ts';
import { type ActorProfile, type JournalEntry, RECENT_WINDOW_MS } from '../../domain/actor-state.ts';
import type { DatedEvent } from '../../domain/context/tenant-context.ts';
import { type ActorKey, actorKeyText } from '../../domain/ids.ts';
import type { MmmSignalInput } from '../../generated/records.ts';
import type { DeferralKey } from '../../pipeline/ports/deferrals.ts';
import type { ActionType } from '../../domain/vocabulary.ts';
import {
  type ActionOnFile,
  type ActorAnswer,
  type ActorCommit,
  type CommitAnswer,
  type CommitRequest,
  type DecisionRow,
  type FoldedActor,
  type Journal,
  journalSignalKey,
  type OutboxRow,
  type OutcomeCommit,
  type OutcomePlace,
  type OutcomeStanding,
  type ShardStatus,
  type SignalKey,
  type StoredDecision,
  type StoredOutcome,
} from '../../pipeline/ports/journal.ts';
import { MemoryDeferrals } from './memory-deferrals.ts';
import { MemoryEndings } from './memory-endings.ts';

interface Actor {
  readonly key: ActorKey;
  version: number;
  head: string;
  receiptKey: Uint8Array | null;
  profile: ActorProfile | null;
  entries: JournalEntry[];
}

interface Shard {
  epoch: bigint;
  publishedUpto: bigint;
  /** Index 0 is number 1; published rows are emptied, so that a long `try` does not hold every output. */
  readonly rows: (OutboxRow | null)[];
}

export interface MemoryJournalOptions {
  /** Sees every commit that wins. Decisions are then not kept: a long history would not fit (`try` has 100,000 of them and reads each once). */
  readonly onCommitted?: (commit: ActorCommit) => void;
}

/** As many as the one in PostgreSQL looks at. */
const CONTEXT_EVENTS_MAX = 5_000;

/**
 * The journal in memory: the same rules as in PostgreSQL, for `try`, simulation and backtest. Everything in one turn of the event loop is one
 * transaction. Passes the same contract suite.
 */
export class MemoryJournal implements Journal {
  /** What its commits have put off. */
  readonly deferrals = new MemoryDeferrals();
  /** What they opened that others may end, and what they ended. */
  readonly endings = new MemoryEndings();
  readonly #actors = new Map<string, Actor>();
  readonly #signals = new Map<string, string | null>();
  readonly #decisions = new Map<string, DecisionRow & { readonly key: ActorKey }>();
  readonly #outcomes = new Map<string, StoredOutcome>();
  /** Of each action, in the order they were recorded. */
  readonly #outcomesOf = new Map<string, readonly StoredOutcome[]>();
  readonly #shards = new Map<number, Shard>();
  /** By tenant. */
  readonly #contextEvents = new Map<string, DatedEvent[]>();
  readonly #listeners = new Set<(shard: number) => void>();
  readonly #options: MemoryJournalOptions;
  #newestMs = 0;

  constructor(options: MemoryJournalOptions = {}) {
    this.#options = options;
  }

  openShard(shard: number): Promise<ShardStatus> {
    const held = this.#shard(shard);
    held.epoch += 1n;
    return Promise.resolve(this.#status(held));
  }

  fold(actors: readonly ActorKey[]): Promise<readonly FoldedActor[]> {
    return Promise.resolve(
      actors.map((key) => {
        const actor = this.#actors.get(actorKeyText(key));
        if (actor === undefined) return { key, version: 0, head: '', profile: null, actorRef: null, entries: [] };
        const actorRef =
          actor.receiptKey === null ? null : createHmac('sha256', actor.receiptKey).update(key.actorId).digest('hex');
        return {
          key,
          version: actor.version,
          head: actor.head,
          profile: actor.profile,
          actorRef,
          entries: [...actor.entries],
        };
      }),
    );
  }

  knownSignals(signals: readonly SignalKey[]): Promise<ReadonlySet<string>> {
    const keys = signals.map((signal) => journalSignalKey(signal.tenantId, signal.signalId));
    return Promise.resolve(new Set(keys.filter((key) => this.#signals.has(key))));
  }

  commit(request: CommitRequest): Promise<CommitAnswer> {
    return Promise.try(() => this.#commit(request));
  }

  outbox(shard: number, after: bigint, maxRows: number, maxBytes: number): Promise<readonly OutboxRow[]> {
    if (after > BigInt(this.#shard(shard).rows.length)) {
      return Promise.reject(new MmmError('DATABASE_WENT_BACK', undefined, { details: { shard } }));
    }
    const rows: OutboxRow[] = [];
    let bytes = 0;
    for (const row of this.#shard(shard).rows.slice(Number(after), Number(after) + maxRows)) {
      if (row === null)
        return Promise.reject(new MmmError('OUTBOX_GAP', undefined, { details: { shard, after: after.toString() } }));
      bytes += row.record.value?.length ?? 0;
      if (rows.length > 0 && bytes > maxBytes) break;
      rows.push(row);
    }
    return Promise.resolve(rows);
  }

  /** Memory has one timeline. */
  accepted(shard: number, epoch: bigint, cursor: bigint): Promise<void> {
    return this.published(shard, epoch, cursor);
  }

  published(shard: number, epoch: bigint, upto: bigint): Promise<void> {
    return Promise.try(() => {
      const held = this.#shard(shard);
      if (held.epoch !== epoch) throw new MmmError('EPOCH_STALE', undefined, { details: { shard } });
      this.#note(shard, held, upto);
    });
  }

  #note(shard: number, held: Shard, upto: bigint): void {
    if (upto > BigInt(held.rows.length)) throw new MmmError('DATABASE_WENT_BACK', undefined, { details: { shard } });
    for (let number = held.publishedUpto < 0n ? 0n : held.publishedUpto; number < upto; number++)
      held.rows[Number(number)] = null;
    if (upto > held.publishedUpto) held.publishedUpto = upto;
  }

  onOutbox(listener: (shard: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  decisionOfSignal(tenantId: string, signalId: string): Promise<StoredDecision | null> {
    const decisionId = this.#signals.get(journalSignalKey(tenantId, signalId)) ?? null;
    const decision = decisionId === null ? undefined : this.#decisions.get(journalSignalKey(tenantId, decisionId));
    if (decision === undefined) return Promise.resolve(null);
    const { body, receipt } = decision;
    return Promise.resolve({ decisionId: decision.decisionId, body, receipt: Buffer.from(receipt).toString('utf8') });
  }

  deferredSignals(deferrals: readonly DeferralKey[]): Promise<ReadonlyMap<string, MmmSignalInput>> {
    return Promise.resolve(this.deferrals.signals(deferrals));
  }

  /** What the entries of all of a tenant's actors say of its surroundings, as they were committed. */
  contextEvents(tenantId: string): readonly DatedEvent[] {
    return this.#contextEvents.get(tenantId) ?? [];
  }

  outcomeStanding({ tenantId, decisionId, actionId, outcomeId }: OutcomePlace): Promise<OutcomeStanding> {
    const decision = this.#decisions.get(journalSignalKey(tenantId, decisionId));
    const action = decision?.actions.find((one) => one.actionId === actionId);
    const stored = this.#outcomes.get(journalSignalKey(tenantId, outcomeId)) ?? null;
    if (decision === undefined || action === undefined) return Promise.resolve({ action: null, stored });
    const { read, trace, receipt, key } = decision;
    const onFile: ActionOnFile = {
      actorId: key.actorId,
      playbookId: action.playbookId,
      playbookVersion: action.playbookVersion,
      actionType: action.actionType as ActionType,
      read,
      trace,
      receipt: Buffer.from(receipt).toString('utf8'),
      outcomes: [...(this.#outcomesOf.get(journalSignalKey(tenantId, actionId)) ?? [])],
    };
    return Promise.resolve({ action: onFile, stored });
  }

  commitOutcome(commit: OutcomeCommit): Promise<ActorAnswer> {
    const { key, entry, outcome } = commit;
    const actor = this.#actors.get(actorKeyText(key));
    const outcomeKey = journalSignalKey(key.tenantId, outcome.outcomeId);
    if (actor?.version !== commit.version || actor.head !== commit.head || this.#outcomes.has(outcomeKey))
      return Promise.resolve({ status: 'conflict' });
    actor.version += 1;
    actor.head = commit.newHead;
    actor.receiptKey ??= commit.newReceiptKey;
    actor.entries.push(entry);
    this.#forgetOld(actor);
    this.#outcomes.set(outcomeKey, outcome);
    const actionKey = journalSignalKey(key.tenantId, outcome.actionId);
    this.#outcomesOf.set(actionKey, [...(this.#outcomesOf.get(actionKey) ?? []), outcome]);
    this.#signals.set(journalSignalKey(key.tenantId, entry.entryId), null);
    const shard = this.#shard(commit.shard);
    for (const record of commit.outbox) shard.rows.push({ number: BigInt(shard.rows.length) + 1n, record });
    for (const listener of this.#listeners) listener(commit.shard);
    return Promise.resolve({ status: 'committed', version: actor.version });
  }

  /** As `tenants apply` does: a change of the profile is a new version of the actor. */
  setProfile(key: ActorKey, profile: ActorProfile): void {
    const actor = this.#actor(key);
    actor.profile = profile;
    actor.version += 1;
    actor.head = randomUUID();
  }

  #commit(request: CommitRequest): CommitAnswer {
    const shard = this.#shard(request.shard);
    if (request.epoch !== null && request.epoch !== shard.epoch) {
      throw new MmmError('EPOCH_STALE', undefined, { details: { shard: request.shard } });
    }
    // Before the actors: a refused commit leaves nothing behind.
    if (request.publishedUpto !== undefined) this.#note(request.shard, shard, request.publishedUpto);
    const first = BigInt(shard.rows.length) + 1n;
    const claimed = new Set<string>();
    const actors = request.actors.map((actor) => this.#commitActor(shard, actor, claimed));
    const last = BigInt(shard.rows.length);
    if (last >= first) for (const listener of this.#listeners) listener(request.shard);
    return { actors, firstNumber: last >= first ? first : null, lastNumber: last };
  }

  #commitActor(shard: Shard, commit: ActorCommit, claimed: Set<string>): ActorAnswer {
    const actor = this.#actors.get(actorKeyText(commit.key));
    const stands = (actor?.version ?? 0) === commit.version && (actor?.head ?? '') === commit.head;
    const signals = commit.entries.map((entry) => journalSignalKey(commit.key.tenantId, entry.signalId));
    const taken =
      new Set(signals).size < signals.length || signals.some((key) => this.#signals.has(key) || claimed.has(key));
    if (!stands || taken || claimed.has(actorKeyText(commit.key))) return { status: 'conflict' };

    const target = actor ?? this.#actor(commit.key);
    claimed.add(actorKeyText(commit.key));
    target.version = commit.version + commit.entries.length;
    target.head = commit.newHead;
    target.receiptKey ??= commit.newReceiptKey;
    target.entries.push(...commit.entries);
    this.#forgetOld(target);
    commit.entries.forEach((entry, index) => {
      claimed.add(signals[index]!);
      this.#signals.set(signals[index]!, entry.decisionId);
    });
    this.#rememberContext(commit);
    if (this.#options.onCommitted === undefined) {
      for (const decision of commit.decisions)
        this.#decisions.set(journalSignalKey(commit.key.tenantId, decision.decisionId), {
          ...decision,
          key: commit.key,
        });
    } else this.#options.onCommitted(commit);
    this.deferrals.apply(commit.key, commit);
    this.endings.apply(commit.key, commit);
    for (const record of commit.outbox) shard.rows.push({ number: BigInt(shard.rows.length) + 1n, record });
    return { status: 'committed', version: target.version };
  }

  #rememberContext({ key: { tenantId }, entries }: ActorCommit): void {
    for (const { atMs, context } of entries) {
      if (context === undefined) continue;
      const held = this.#contextEvents.get(tenantId) ?? [];
      this.#contextEvents.set(tenantId, [...held, { atMs, event: context }].slice(-CONTEXT_EVENTS_MAX));
    }
  }

  /** As the journal's 30 days: by decided time, against the newest seen, because `try` and simulation run in event time. */
  #forgetOld(actor: Actor): void {
    this.#newestMs = Math.max(this.#newestMs, actor.entries.at(-1)?.decidedAtMs ?? 0);
    const horizon = this.#newestMs - 2 * RECENT_WINDOW_MS;
    if ((actor.entries[0]?.decidedAtMs ?? horizon) < horizon) {
      actor.entries = actor.entries.filter((entry) => entry.decidedAtMs >= horizon);
    }
  }

  #actor(key: ActorKey): Actor {
    const text = actorKeyText(key);
    const held = this.#actors.get(text);
    if (held !== undefined) return held;
    const made: Actor = { key, version: 0, head: '', receiptKey: null, profile: null, entries: [] };
    this.#actors.set(text, made);
    return made;
  }

  #shard(shard: number): Shard {
    const held = this.#shards.get(shard);
    if (held !== undefined) return held;
    const made: Shard = { epoch: 0n, publishedUpto: -1n, rows: [] };
    this.#shards.set(shard, made);
    return made;
  }

  #status(shard: Shard): ShardStatus {
    return { epoch: shard.epoch, nextNumber: BigInt(shard.rows.length) + 1n, publishedUpto: shard.publishedUpto };
  }
}
