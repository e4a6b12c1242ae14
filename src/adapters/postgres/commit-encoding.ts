import type { SignalEntry } from '../../domain/actor-state.ts';
import type { ActorCommit, CommitRequest, DecisionRow } from '../../pipeline/ports/journal.ts';
import { headersToText } from '../../pipeline/ports/header-text.ts';
import type { OutputRecord } from '../../pipeline/ports/records.ts';
import { bytesText, numbersText, textsText } from './array-text.ts';
import { Blob } from './blob.ts';

interface RecordedEntry {
  readonly entry: SignalEntry;
  readonly signal: string | null;
}

interface Owned<T> {
  /** Place of the actor in the request, from 1. */
  readonly actor: number;
  readonly item: T;
}

const owned = <T>(actors: readonly ActorCommit[], items: (actor: ActorCommit) => readonly T[]): Owned<T>[] =>
  actors.flatMap((actor, index) => items(actor).map((item) => ({ actor: index + 1, item })));

const numbers = <T>(rows: readonly T[], of: (row: T) => number): string => numbersText(rows.map(of));
const texts = <T>(rows: readonly T[], of: (row: T) => string | null): string => textsText(rows.map(of));

const actorColumns = (actors: readonly ActorCommit[]): string[] => [
  texts(actors, (a) => a.key.tenantId),
  texts(actors, (a) => a.key.actorId),
  numbers(actors, (a) => a.version),
  texts(actors, (a) => a.head),
  numbers(actors, (a) => a.version + a.entries.length),
  texts(actors, (a) => a.newHead),
  bytesText(actors.map((a) => a.newReceiptKey)),
];

/**
 * What a fold needs beyond the columns of its own, under short names: this is the widest table of the engine. `x` stands first where it is there at
 * all: an index finds those entries by how their text begins (migrations/0008_context.sql).
 */
const factsText = (entry: SignalEntry): string =>
  JSON.stringify({
    x: entry.context,
    r: entry.recent,
    s: entry.sent,
    c: entry.chain,
    d: entry.deferred,
    e: entry.resolved,
    k: entry.cards,
  });

const entryColumns = (rows: readonly Owned<RecordedEntry>[], blob: Blob): string[] => {
  const places = rows.map(({ item }) => ({
    at: blob.next,
    facts: blob.add(factsText(item.entry)),
    signal: blob.add(item.signal),
  }));
  return [
    numbers(rows, (r) => r.actor),
    texts(rows, (r) => r.item.entry.kind),
    numbers(rows, (r) => r.item.entry.version),
    texts(rows, (r) => r.item.entry.signalId),
    texts(rows, (r) => r.item.entry.decisionId),
    texts(rows, (r) => r.item.entry.result),
    numbers(rows, (r) => r.item.entry.atMs),
    numbers(rows, (r) => r.item.entry.decidedAtMs),
    numbers(places, (p) => p.at),
    numbers(places, (p) => p.facts),
    numbers(places, (p) => p.signal),
  ];
};

/** The receipt is kept: the outbox row that publishes it holds the same bytes. */
const decisionColumns = (rows: readonly Owned<DecisionRow>[], blob: Blob): string[] => {
  const places = rows.map(({ item }) => ({
    at: blob.next,
    body: blob.add(item.body),
    trace: blob.add(item.trace),
    read: blob.add(item.read),
    receipt: blob.keep(item.receipt),
  }));
  return [
    numbers(rows, (r) => r.actor),
    texts(rows, (r) => r.item.decisionId),
    texts(rows, (r) => r.item.signalId),
    numbers(rows, (r) => r.item.decidedAtMs),
    texts(rows, (r) => r.item.receiptId),
    numbers(places, (p) => p.at),
    numbers(places, (p) => p.body),
    numbers(places, (p) => p.trace),
    numbers(places, (p) => p.read),
    numbers(places, (p) => p.receipt),
  ];
};

const actionColumns = (decisions: readonly Owned<DecisionRow>[]): string[] => {
  const rows = decisions.flatMap(({ actor, item }) =>
    item.actions.map((action) => ({ actor, action, decisionId: item.decisionId })),
  );
  return [
    numbers(rows, (r) => r.actor),
    texts(rows, (r) => r.action.actionId),
    texts(rows, (r) => r.decisionId),
    texts(rows, (r) => r.action.playbookId),
    numbers(rows, (r) => r.action.playbookVersion),
    texts(rows, (r) => r.action.actionType),
    texts(rows, (r) => r.action.payloadHash),
  ];
};

const outboxColumns = (rows: readonly Owned<OutputRecord>[], blob: Blob): string[] => {
  const places = rows.map(({ item }) => ({
    at: blob.next,
    headers: blob.add(headersToText(item.headers)),
    key: blob.share(item.key),
    value: blob.share(item.value),
  }));
  return [
    numbers(rows, (r) => r.actor),
    texts(rows, (r) => r.item.topic),
    numbers(places, (p) => p.at),
    numbers(places, (p) => p.headers),
    numbers(places, (p) => p.key.at),
    numbers(places, (p) => p.key.length),
    numbers(places, (p) => p.value.at),
    numbers(places, (p) => p.value.length),
  ];
};

/** What mmm_commit_more stores (migrations/0012_endings.sql); null, and no call of it, for a commit without any of it. */
const moreText = (actors: readonly ActorCommit[]): string | null => {
  const deferrals = owned(actors, (a) => a.deferrals ?? []);
  const closed = owned(actors, (a) => a.closedDeferrals ?? []);
  const hastened = owned(actors, (a) => a.hastenedDeferrals ?? []);
  const matters = owned(actors, (a) => a.openMatters ?? []);
  const endings = owned(actors, (a) => a.endings ?? []);
  if ([deferrals, closed, hastened, matters, endings].every((rows) => rows.length === 0)) return null;
  return JSON.stringify({
    deferrals: deferrals.map(({ actor, item }) => ({
      at: actor,
      id: item.actionId,
      decision: item.decisionId,
      attempt: item.attempt,
      due_ms: item.dueAtMs,
      expires_ms: item.expiresAtMs,
      facts: JSON.stringify({ signal: item.signal }),
    })),
    closed: closed.map(({ actor, item }) => ({ at: actor, id: item.actionId, status: item.status })),
    hastened: hastened.map(({ actor, item }) => ({ at: actor, id: item.actionId, due_ms: item.dueAtMs })),
    matters: matters.map(({ actor, item }) => ({
      at: actor,
      matter: item.matter,
      type: item.actorType,
      since_ms: item.sinceMs,
      until_ms: item.untilMs,
    })),
    endings: endings.map(({ actor, item }) => ({
      at: actor,
      matter: item.matter,
      at_ms: item.ending.atMs,
      facts: JSON.stringify(item.ending),
    })),
  });
};

/** The arguments of mmm_commit (migrations/0005_recorded_signals.sql), in its order, and the number for mmm_note_published. */
export const commitArguments = (request: CommitRequest): (string | number | Buffer | null)[] => {
  const blob = new Blob();
  const { actors } = request;
  const decisions = owned(actors, (a) => a.decisions);
  const columns = [
    ...actorColumns(actors),
    ...entryColumns(
      owned(actors, (a) => a.entries.map((entry, at) => ({ entry, signal: a.recorded[at] ?? null }))),
      blob,
    ),
    ...decisionColumns(decisions, blob),
    ...actionColumns(decisions),
    ...outboxColumns(
      owned(actors, (a) => a.outbox),
      blob,
    ),
  ];
  return [
    request.shard,
    request.epoch === null ? null : request.epoch.toString(),
    blob.bytes(),
    ...columns,
    moreText(actors),
    request.publishedUpto?.toString() ?? null,
  ];
};
