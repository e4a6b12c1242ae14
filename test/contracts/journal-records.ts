import { randomUUID } from 'node:crypto';
import type { SignalEntry } from '../../src/domain/actor-state.ts';
import type { ActorKey } from '../../src/domain/ids.ts';
import type { ActorCommit, DecisionRow, FoldedActor, Journal } from '../../src/pipeline/ports/journal.ts';
import type { OutputRecord } from '../../src/pipeline/ports/records.ts';

export const actor = (actorId: string = randomUUID(), tenantId = 'acme'): ActorKey => ({ tenantId, actorId });

export const entry = (
  version: number,
  decided: boolean,
  atMs: number,
  signalId: string = randomUUID(),
): SignalEntry => ({
  kind: 'signal',
  version,
  signalId,
  decisionId: decided ? `decision-of-${signalId}` : null,
  result: decided ? 'decided' : 'no_match',
  atMs: atMs - 1_000,
  decidedAtMs: atMs,
  recent: { atMs: atMs - 1_000, type: 'commit_pushed', repo: 'org/a', branch: 'x\u0000"\\', file: null, subject: null },
  sent: decided ? [{ atMs, playbookId: 'p1', actionType: 'mirror', repo: 'org/a', subject: null }] : [],
  chain: `chain-${version}`,
});

/** A recorded signal with what JSON columns can not hold. */
export const signalText = (signalId: string): string =>
  `{"signal_id":"${signalId}","branch":"gr\u00fcn\\u0000\\ud800"}`;

export const decisionOf = (from: SignalEntry): DecisionRow => ({
  decisionId: from.decisionId ?? '',
  signalId: from.signalId,
  decidedAtMs: from.decidedAtMs,
  body: `{"decision_id":"${from.decisionId ?? ''}","text":"gr\u00fcn"}`,
  trace: '{"gates":[]}',
  read: '{"policy":1}',
  receiptId: `receipt-of-${from.signalId}`,
  receipt: Buffer.from(`{"b":1,"a":"${from.signalId}"}`),
  actions: [
    {
      actionId: `action-of-${from.signalId}`,
      playbookId: 'p1',
      playbookVersion: 1,
      actionType: 'mirror',
      payloadHash: 'h',
    },
  ],
});

export const record = (text: string): OutputRecord => ({
  topic: 'mmm.decisions',
  key: 'acme|someone',
  value: Buffer.from(text),
  headers: { 'mmm-tenant-id': 'acme', binary: Uint8Array.of(0, 255, 1) },
});

/** What an actor gains next: `count` signals, the last of them decided, with one output for each. */
export const next = (
  from: Pick<FoldedActor, 'key' | 'version' | 'head'>,
  options: {
    count?: number;
    atMs?: number;
    signalId?: string;
    outputs?: readonly OutputRecord[];
    receiptKey?: Uint8Array;
  } = {},
): ActorCommit => {
  const count = options.count ?? 1;
  const atMs = options.atMs ?? Date.now();
  const entries = Array.from({ length: count }, (_, index) => {
    const last = index === count - 1;
    return entry(from.version + index + 1, last, atMs + index, last ? options.signalId : undefined);
  });
  return {
    key: from.key,
    version: from.version,
    head: from.head,
    newHead: randomUUID(),
    newReceiptKey: options.receiptKey ?? null,
    entries,
    recorded: entries.map(({ decisionId, signalId }) => (decisionId === null ? signalText(signalId) : null)),
    decisions: entries.filter((line) => line.decisionId !== null).map(decisionOf),
    outbox: options.outputs ?? entries.map((line) => record(line.signalId)),
  };
};

export const fresh = (key: ActorKey = actor()): Pick<FoldedActor, 'key' | 'version' | 'head'> => ({
  key,
  version: 0,
  head: '',
});

export const foldOne = async (journal: Journal, key: ActorKey): Promise<FoldedActor> => {
  const [folded] = await journal.fold([key]);
  if (folded === undefined) throw new Error('fold answered nothing');
  return folded;
};

/** Every row of the shard's outbox above `after`. */
export const outboxTexts = async (journal: Journal, shard: number, after = 0n): Promise<string[]> => {
  const rows = await journal.outbox(shard, after, 100_000, 1_000_000_000);
  return rows.map((row) => Buffer.from(row.record.value ?? []).toString());
};
