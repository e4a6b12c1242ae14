import type { OutcomeEntry } from '../../../src/domain/actor-state.ts';
import type { ActorCommit, FoldedActor, Journal } from '../../../src/pipeline/ports/journal.ts';
import { actor, decisionOf, entry, record, signalText } from '../../contracts/journal-records.ts';

/** The hour of the story: what a statement asks for by time must be the same each time. */
export const AT_MS = Date.parse('2026-05-06T12:00:00Z');
export const clock = { now: () => AT_MS, monotonicMs: () => 0 };

export const ANN = actor('ann');
export const BOB = actor('bob');
const MORE = { maxRows: 1_000, maxBytes: 10_000_000 };

/** Somebody who works on the database with a journal of his release. */
export type Worker = (step: string, work: (journal: Journal) => Promise<unknown>) => Promise<void>;

type From = Pick<FoldedActor, 'key' | 'version' | 'head'>;

/** What an actor gains: these signals, all but the first decided, and from here on it stands at `newHead`. */
const gain = (from: From, newHead: string, signals: readonly string[]): ActorCommit => {
  const entries = signals.map((id, at) => entry(from.version + at + 1, at > 0, AT_MS + from.version + at, id));
  return {
    key: from.key,
    version: from.version,
    head: from.head,
    newHead,
    newReceiptKey: from.version === 0 ? Buffer.from('a key of 32 bytes for the actor!') : null,
    entries,
    recorded: entries.map(({ decisionId, signalId }) => (decisionId === null ? signalText(signalId) : null)),
    decisions: entries.filter(({ decisionId }) => decisionId !== null).map(decisionOf),
    outbox: signals.map((id) => record(`of ${id}`)),
  };
};

const outcomeOf = (journal: Journal, from: From, newHead: string): Promise<unknown> => {
  const about = { decisionId: 'decision-of-s2', actionId: 'action-of-s2', result: 'accepted' as const };
  const line: OutcomeEntry = {
    kind: 'outcome',
    version: from.version + 1,
    entryId: 'entry-of-o1',
    outcomeId: 'o1',
    ...about,
    atMs: AT_MS,
    decidedAtMs: AT_MS + 10,
    dismissal: null,
    chain: `chain-${from.version + 1}`,
  };
  return journal.commitOutcome({
    shard: 0,
    ...from,
    newHead,
    newReceiptKey: null,
    entry: line,
    outcome: {
      outcomeId: 'o1',
      actorId: from.key.actorId,
      ...about,
      reason: null,
      occurredAtMs: AT_MS,
      recordedAtMs: AT_MS + 10,
      receiptId: 'receipt-of-o1',
    },
    receipt: '{"kind":"outcome"}',
    outbox: [record('of o1')],
  });
};

/**
 * Two processes on one database at one time, `old` of the release before and `mine` of this one: sessions of different shards, writers of the same
 * actor, an outcome, and in the end the shard goes from the old one's hands into mine. Every kind of statement of the hot path is sent by the old one.
 */
export const sideBySide = async (old: Worker, mine: Worker): Promise<void> => {
  await old('opens shard 0', async (journal) => {
    await journal.openShard(0);
    await journal.accepted(0, 1n, 0n);
  });
  await mine('opens shard 1', async (journal) => {
    await journal.openShard(1);
    await journal.accepted(1, 1n, 0n);
  });
  await old('looks up', async (journal) => {
    await journal.knownSignals(['s1', 's2'].map((signalId) => ({ tenantId: 'acme', signalId })));
    await journal.fold([ANN, BOB]);
  });
  const deferral = {
    actionId: 'action-of-s2',
    decisionId: 'decision-of-s2',
    attempt: 1,
    dueAtMs: AT_MS + 3_600_000,
    expiresAtMs: AT_MS + 7_200_000,
    signal: { signal_id: 's2' } as never,
  };
  await old('commits ann', (journal) =>
    journal.commit({
      shard: 0,
      epoch: 1n,
      actors: [{ ...gain({ key: ANN, version: 0, head: '' }, 'head-1', ['s1', 's2']), deferrals: [deferral] }],
    }),
  );
  await mine('commits ann by HTTP', (journal) =>
    journal.commit({
      shard: 0,
      epoch: null,
      actors: [gain({ key: ANN, version: 2, head: 'head-1' }, 'head-2', ['s3', 's4'])],
    }),
  );
  await mine('commits bob', (journal) =>
    journal.commit({
      shard: 1,
      epoch: 1n,
      actors: [gain({ key: BOB, version: 0, head: '' }, 'head-b1', ['b1', 'b2'])],
    }),
  );
  await old('is told of the conflict', async (journal) => {
    await journal.commit({
      shard: 0,
      epoch: 1n,
      actors: [
        gain({ key: ANN, version: 2, head: 'head-1' }, 'head-lost', ['s5']),
        gain({ key: BOB, version: 2, head: 'head-b1' }, 'head-b2', ['b3']),
      ],
    });
  });
  await old('looks up again', async (journal) => {
    await journal.fold([ANN]);
    await journal.knownSignals(['s3', 's5'].map((signalId) => ({ tenantId: 'acme', signalId })));
    await journal.deferredSignals([{ tenantId: 'acme', actionId: 'action-of-s2' }]);
    await journal.decisionOfSignal('acme', 's4');
  });
  await old('commits what it has planned anew', (journal) =>
    journal.commit({
      shard: 0,
      epoch: 1n,
      actors: [
        {
          ...gain({ key: ANN, version: 4, head: 'head-2' }, 'head-3', ['s5']),
          closedDeferrals: [{ actionId: 'action-of-s2', status: 'done' }],
        },
      ],
    }),
  );
  await old('records an outcome', async (journal) => {
    const place = { tenantId: 'acme', decisionId: 'decision-of-s2', actionId: 'action-of-s2', outcomeId: 'o1' };
    await journal.outcomeStanding(place);
    await outcomeOf(journal, { key: ANN, version: 5, head: 'head-3' }, 'head-4');
  });
  await old('publishes', async (journal) => {
    await journal.outbox(0, 0n, MORE.maxRows, MORE.maxBytes);
    await journal.published(0, 1n, 4n);
  });
  await mine('takes shard 0 over', async (journal) => {
    await journal.openShard(0);
    await journal.accepted(0, 2n, 4n);
  });
  await old('is told that the shard has another owner', async (journal) => {
    const stale = gain({ key: ANN, version: 6, head: 'head-4' }, 'head-lost', ['s6']);
    await journal.commit({ shard: 0, epoch: 1n, actors: [stale] }).catch(() => undefined);
    await journal.published(0, 1n, 7n).catch(() => undefined);
  });
  await mine('goes on with ann', (journal) =>
    journal.commit({
      shard: 0,
      epoch: 2n,
      actors: [gain({ key: ANN, version: 6, head: 'head-4' }, 'head-5', ['s6', 's7'])],
    }),
  );
};
