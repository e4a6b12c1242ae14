import type { Journal } from '../../src/pipeline/ports/journal.ts';

/** The journal of a process with some of its calls replaced. */
export const journalWith = (journal: Journal, replace: Partial<Journal>): Journal => ({
  openShard: (shard) => journal.openShard(shard),
  fold: (actors) => journal.fold(actors),
  knownSignals: (signals) => journal.knownSignals(signals),
  commit: (request) => journal.commit(request),
  outbox: (shard, after, maxRows, maxBytes) => journal.outbox(shard, after, maxRows, maxBytes),
  accepted: (shard, epoch, cursor) => journal.accepted(shard, epoch, cursor),
  published: (shard, epoch, upto) => journal.published(shard, epoch, upto),
  onOutbox: (listener) => journal.onOutbox(listener),
  decisionOfSignal: (tenantId, signalId) => journal.decisionOfSignal(tenantId, signalId),
  deferredSignals: (deferrals) => journal.deferredSignals(deferrals),
  outcomeStanding: (place) => journal.outcomeStanding(place),
  commitOutcome: (commit) => journal.commitOutcome(commit),
  ...replace,
});
