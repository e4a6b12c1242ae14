import { expect, test } from '@jest/globals';
import { uuidIds } from '../../src/adapters/ids/uuid-ids.ts';
import type { JournalEntry, SignalEntry } from '../../src/domain/actor-state.ts';
import { canonicalJson } from '../../src/domain/receipt/canonical-json.ts';
import type { DecisionRow } from '../../src/pipeline/ports/journal.ts';
import { checkRemains } from './check-remains.ts';
import type { Expected, Harm, Remains, Row, Shown } from './remains.ts';

/** Two people, three signals each, each signal a decision with its delivery and its receipt; the cap is three a day. */
const ACTORS = ['acme|ann', 'acme|bob'] as const;
const EACH = 3;
const NOON_MS = Date.parse('2026-03-04T12:00:00Z');
const BAD_PLACE = 'pm3.signals.normalized/0/7';

type Mutable = { -readonly [K in keyof Remains]: Remains[K] };

const chained = (entries: readonly Omit<SignalEntry, 'chain'>[]): SignalEntry[] => {
  let before = '';
  return entries.map((entry) => {
    before = uuidIds.sha256(before + canonicalJson(entry));
    return { ...entry, chain: before };
  });
};

const entryOf = (actor: string, n: number): Omit<SignalEntry, 'chain'> => ({
  kind: 'signal',
  version: n + 1,
  signalId: `${actor}-s${n}`,
  decisionId: `${actor}-d${n}`,
  result: 'decided',
  atMs: NOON_MS + n,
  decidedAtMs: NOON_MS + n,
  recent: null,
  sent: [{ atMs: NOON_MS + n, playbookId: 'p', actionType: 'mirror', repo: null, subject: null }],
});

const decisionOf = (actor: string, n: number, stateChain: string): DecisionRow => ({
  decisionId: `${actor}-d${n}`,
  signalId: `${actor}-s${n}`,
  decidedAtMs: NOON_MS + n,
  body: JSON.stringify({ decision_id: `${actor}-d${n}`, actions: [{ action_id: `${actor}-a${n}` }] }),
  trace: JSON.stringify({
    candidates: [{ action_id: `${actor}-a${n}`, disposition: 'delivered', reason_code: 'sent' }],
  }),
  read: JSON.stringify({ state_chain: stateChain }),
  receiptId: `${actor}-r${n}`,
  receipt: new Uint8Array(),
  actions: [],
});

const recordsOf = (actor: string, n: number): Shown[] => {
  const [tenant_id, actor_id] = actor.split('|');
  const whose = { tenant_id, actor_id, decision_id: `${actor}-d${n}` };
  const delivery = {
    ...whose,
    delivery_id: `${actor}-v${n}`,
    action_id: `${actor}-a${n}`,
    timestamp_utc: new Date(NOON_MS + n).toISOString(),
    revision: 1,
    items: [],
  };
  const transaction = {};
  return [
    { topic: 'mmm.decisions', body: whose },
    { topic: 'mmm.delivery.ide', body: delivery },
    { topic: 'mmm.receipts', body: { receipt_id: `${actor}-r${n}` } },
  ].map(({ topic, body }) => ({
    topic,
    body,
    headers: { 'mmm-decision-id': `${actor}-d${n}` },
    value: Buffer.from(JSON.stringify(body)),
    transaction,
  }));
};

const numbers = Array.from({ length: EACH }, (_, n) => n);

/** A run in which everything went well. */
const wellDone = (): { remains: Mutable; found: { invariant: string; harm: Harm }[] } => {
  const found: { invariant: string; harm: Harm }[] = [];
  const journal = new Map<string, readonly JournalEntry[]>();
  const decisions = new Map<string, DecisionRow>();
  const expected = new Map<string, Expected>();
  const order = new Map<string, string[]>();
  const outputs: Shown[] = [];
  const rows: Row[] = [];
  ACTORS.forEach((actor) => {
    const entries = chained(numbers.map((n) => entryOf(actor, n)));
    journal.set(actor, entries);
    order.set(
      actor,
      entries.map(({ signalId }) => signalId),
    );
    for (const n of numbers) {
      const decision = decisionOf(actor, n, entries[n - 1]?.chain ?? '');
      decisions.set(decision.decisionId, decision);
      const signalId = `${actor}-s${n}`;
      expected.set(signalId, {
        signalId,
        name: signalId,
        byHttp: false,
        result: 'decided',
        mustHaveResult: true,
        shard: 0,
      });
      for (const record of recordsOf(actor, n)) {
        rows.push({ topic: record.topic, value: record.value, decisionId: decision.decisionId });
        outputs.push({ ...record, headers: { ...record.headers, 'mmm-outbox': `0:${rows.length}` } });
      }
    }
  });
  return {
    found,
    remains: {
      partitions: 1,
      quotasOf: () => ({ perDay: EACH, perHour: EACH }),
      lostShards: new Set(),
      readAgain: false,
      undone: new Set(),
      undoneWithoutTrace: new Set(),
      expected,
      reentries: new Set(),
      journal,
      decisions,
      rows: () => rows,
      outputs,
      letters: new Map([[BAD_PLACE, 1]]),
      badPlaces: new Set([BAD_PLACE]),
      signalOrder: order,
      sourceOrder: order,
      answers: [],
      find: (invariant, _what, harm) => found.push({ invariant, harm }),
    },
  };
};

const swapped = <T>(list: readonly T[], a: number, b: number): T[] =>
  list.map((one, at) => (at === a ? list[b]! : at === b ? list[a]! : one));
const without = (outputs: readonly Shown[], topic: string, at = 0): Shown[] => {
  const victim = outputs.filter((one) => one.topic === topic)[at];
  return outputs.filter((one) => one !== victim);
};
const entriesOf = (remains: Remains, actor: string): SignalEntry[] =>
  (remains.journal.get(actor) ?? []).filter((entry) => entry.kind === 'signal');

test('a run in which everything went well has no findings', () => {
  const { remains, found } = wellDone();
  checkRemains(remains);
  expect(found).toEqual([]);
});

interface Broken {
  readonly name: string;
  readonly finding: readonly [invariant: string, harm: Harm];
  readonly by: (remains: Mutable) => void;
}

const BROKEN: readonly Broken[] = [
  {
    name: 'a signal without a result',
    finding: ['I1', 'lost'],
    by: (remains) => {
      remains.journal = new Map([...remains.journal, ['acme|ann', entriesOf(remains, 'acme|ann').slice(0, 2)]]);
    },
  },
  {
    name: 'a signal with two results',
    finding: ['I1', 'duplicated'],
    by: (remains) => {
      const entries = entriesOf(remains, 'acme|ann');
      remains.journal = new Map([...remains.journal, ['acme|ann', [...entries, { ...entries[0]!, version: 4 }]]]);
    },
  },
  {
    name: 'a result that the content does not ask for',
    finding: ['I1', 'other'],
    by: (remains) => {
      const [first] = remains.expected.values();
      remains.expected = new Map([...remains.expected, [first!.signalId, { ...first!, result: 'late' }]]);
    },
  },
  {
    name: 'a result that nobody asked for',
    finding: ['I1', 'other'],
    by: (remains) => {
      remains.expected = new Map([...remains.expected].slice(1));
    },
  },
  {
    name: 'a delivery twice',
    finding: ['I2', 'duplicated'],
    by: (remains) => {
      remains.outputs = [...remains.outputs, remains.outputs.find(({ topic }) => topic === 'mmm.delivery.ide')!];
    },
  },
  {
    name: 'a receipt twice under another number',
    finding: ['I2', 'duplicated'],
    by: (remains) => {
      const receipt = remains.outputs.find(({ topic }) => topic === 'mmm.receipts')!;
      remains.outputs = [...remains.outputs, { ...receipt, headers: { ...receipt.headers, 'mmm-outbox': '0:99' } }];
    },
  },
  {
    name: 'a row that was never published',
    finding: ['I5', 'lost'],
    by: (remains) => {
      remains.outputs = without(remains.outputs, 'mmm.receipts');
    },
  },
  {
    name: 'a record that is no row: an orphan',
    finding: ['I5', 'other'],
    by: (remains) => {
      const rows = remains.rows(0).slice(0, -3);
      remains.rows = () => rows;
    },
  },
  {
    name: 'a row that was published as something else',
    finding: ['I5', 'other'],
    by: (remains) => {
      const rows = remains.rows(0).map((row, at) => (at === 1 ? { ...row, value: Buffer.from('{}') } : row));
      remains.rows = () => rows;
    },
  },
  {
    name: 'a decision of which a part is not visible',
    finding: ['I8', 'lost'],
    by: (remains) => {
      remains.outputs = without(remains.outputs, 'mmm.delivery.ide', 4);
    },
  },
  {
    name: 'a decision that came out in two transactions',
    finding: ['I8', 'other'],
    by: (remains) => {
      remains.outputs = remains.outputs.map((one, at) => (at === 0 ? { ...one, transaction: {} } : one));
    },
  },
  {
    name: 'decisions of a person in another order than made',
    finding: ['I3', 'out of order'],
    by: (remains) => {
      remains.outputs = swapped(remains.outputs, 0, 3);
    },
  },
  {
    name: 'signals decided in another order than they came',
    finding: ['I3', 'out of order'],
    by: (remains) => {
      const order = remains.signalOrder.get('acme|bob')!;
      remains.signalOrder = new Map([...remains.signalOrder, ['acme|bob', swapped(order, 0, 1)]]);
      remains.sourceOrder = remains.signalOrder;
    },
  },
  {
    name: 'intake that changed the order of its source',
    finding: ['I3', 'out of order'],
    by: (remains) => {
      const order = remains.sourceOrder.get('acme|bob')!;
      remains.sourceOrder = new Map([...remains.sourceOrder, ['acme|bob', swapped(order, 1, 2)]]);
    },
  },
  {
    name: 'more cards in an hour than allowed',
    finding: ['I4', 'over cap'],
    by: (remains) => {
      remains.quotasOf = () => ({ perDay: EACH, perHour: EACH - 1 });
    },
  },
  {
    name: 'more cards on a day than allowed',
    finding: ['I4', 'over cap'],
    by: (remains) => {
      remains.quotasOf = () => ({ perDay: EACH - 1, perHour: EACH });
    },
  },
  {
    name: 'a bad record without a dead letter',
    finding: ['I7', 'lost'],
    by: (remains) => {
      remains.letters = new Map();
    },
  },
  {
    name: 'a good record in the dead letters',
    finding: ['I7', 'other'],
    by: (remains) => {
      remains.badPlaces = new Set();
    },
  },
  {
    name: 'a dead letter of decide twice',
    finding: ['I7', 'duplicated'],
    by: (remains) => {
      remains.letters = new Map([...remains.letters, ['mmm.signals/0/3', 2]]);
      remains.badPlaces = new Set([...remains.badPlaces, 'mmm.signals/0/3']);
    },
  },
  {
    name: 'a journal line that was changed',
    finding: ['G3', 'other'],
    by: (remains) => {
      const [first, ...rest] = entriesOf(remains, 'acme|ann');
      remains.journal = new Map([...remains.journal, ['acme|ann', [{ ...first!, atMs: 1 }, ...rest]]]);
    },
  },
  {
    name: 'a decision that read another state',
    finding: ['G3', 'other'],
    by: (remains) => {
      const decision = remains.decisions.get('acme|ann-d1')!;
      remains.decisions = new Map([
        ...remains.decisions,
        [decision.decisionId, { ...decision, read: '{"state_chain":""}' }],
      ]);
    },
  },
  {
    name: 'a candidate that ended without a reason',
    finding: ['G5', 'other'],
    by: (remains) => {
      const decision = remains.decisions.get('acme|ann-d1')!;
      const trace = decision.trace.replace('"sent"', '""');
      remains.decisions = new Map([...remains.decisions, [decision.decisionId, { ...decision, trace }]]);
    },
  },
  {
    name: 'a client that was told another decision than is stored',
    finding: ['G3', 'other'],
    by: (remains) => {
      remains.answers = [{ name: 'ask', signalId: 'acme|ann-s0', shard: 0, decision: '{}' }];
    },
  },
  {
    name: 'a client that was never answered',
    finding: ['I9', 'other'],
    by: (remains) => {
      remains.answers = [{ name: 'ask', signalId: 'acme|ann-s0', shard: 0, decision: undefined }];
    },
  },
];

test.each(BROKEN)('finds $name', ({ finding: [invariant, harm], by }) => {
  const { remains, found } = wellDone();
  by(remains);
  checkRemains(remains);
  expect(found).toContainEqual({ invariant, harm });
});

test('what PostgreSQL has lost with a restore is not counted as the loss of the engine', () => {
  const { remains, found } = wellDone();
  remains.lostShards = new Set([0]);
  remains.journal = new Map();
  remains.rows = () => [];
  checkRemains(remains);
  expect(found.filter(({ harm }) => harm === 'lost')).toEqual([]);
});

test('what the broker let be read again may have its dead letters of decide again, and they are still needed', () => {
  const { remains, found } = wellDone();
  remains.readAgain = true;
  remains.badPlaces = new Set([...remains.badPlaces, 'mmm.signals/0/3', 'mmm.signals/0/4']);
  remains.letters = new Map([...remains.letters, ['mmm.signals/0/3', 2]]);
  checkRemains(remains);
  expect(found).toEqual([{ invariant: 'I7', harm: 'lost' }]);
});
