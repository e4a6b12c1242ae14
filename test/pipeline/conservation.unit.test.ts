import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PromMetrics } from '../../src/adapters/telemetry/prom-metrics.ts';
import { MemoryJournal } from '../../src/adapters/memory/memory-journal.ts';
import {
  addDecision,
  addResult,
  balanceOf,
  type CountedDecision,
  emptyTotals,
  type Fault,
} from '../../src/domain/conservation.ts';
import type { MmmDecision, MmmSubject } from '../../src/generated/records.ts';
import { releaseDue } from '../../src/pipeline/defer/defer.ts';
import { tellHolders } from '../../src/pipeline/defer/tell-holders.ts';
import type { ActorCommit } from '../../src/pipeline/ports/journal.ts';
import { DecideHarness, noMetrics, NOON_MS, NOTICE_PUSH, push, rulesWith } from './harness.ts';

const HOUR = 3_600_000;
const MENTOR = {
  ...NOTICE_PUSH,
  ...{
    id: 'second',
    tier: 'low',
    when: 'recent.count("commit_pushed", "1d") >= 2',
    limits: { cooldown: '2h' },
    deferral: { mode: 'defer', expires_after: '6h' },
  },
  actions: [
    {
      type: 'mentor',
      surfaces: ['ide', 'ci'],
      template: { title: 'A thought', body: 'On pushes.' },
      rationale: { why_relevant: 'Counted.', evidence: ['recent'] },
    },
    { type: 'mirror', surfaces: ['ci'], template: { title: 'Pushed', body: 'Named {{signal.payload.absent}}.' } },
  ],
};
const THIRD = { ...MENTOR, id: 'third', limits: undefined, when: undefined, actions: MENTOR.actions.slice(0, 1) };
const rules = rulesWith([NOTICE_PUSH, MENTOR, JSON.parse(JSON.stringify(THIRD))], {
  quiet_hours: { start: '14:00', end: '17:00' },
  max_lateness: '6h',
  quotas: { max_actions_per_day: 6, max_actions_per_hour: 2, per_repo_per_day: 5 },
});

const pullRequest = (number: number): MmmSubject => ({
  ...{ kind: 'pull_request', repo_id: 'org/repo', pr_number: number, branch: null, commit: null },
  ...{ build_id: null, incident_id: null, file_path: null },
});

/** A history of a day, with everything that a signal can be: repeated, late, of nobody, of a service, of no interest. */
const history = fc.array(
  fc.record({
    id: fc.integer({ min: 0, max: 80 }),
    actor: fc.constantFrom('a', 'b', 'c', null),
    type: fc.constantFrom('commit_pushed', 'commit_pushed', 'commit_pushed', 'pr_opened', 'pr_merged'),
    pr: fc.integer({ min: 1, max: 3 }),
    actorType: fc.constantFrom('human', 'human', 'human', 'service'),
    ageMs: fc.constantFrom(0, 0, 0, 9 * HOUR),
    afterMs: fc.integer({ min: 0, max: HOUR / 2 }),
  }),
  { minLength: 25, maxLength: 60 },
);

/** By what is shown: a digest is one delivery on its surface, whatever is in it. */
const deliveriesOf = ({ actions }: MmmDecision): number => {
  const shown = actions.flatMap(({ surfaces, payload }) =>
    surfaces.map((surface) => ({ surface, digest: payload[surface]?.variant === 'digest' })),
  );
  const digests = new Set(shown.filter(({ digest }) => digest).map(({ surface }) => surface));
  return shown.filter(({ digest }) => !digest).length + digests.size;
};

const counted = (commit: ActorCommit, body: string, receipt: Uint8Array, receiptId: string): CountedDecision => {
  const decision = JSON.parse(body) as MmmDecision;
  const mine = commit.outbox.filter(({ headers }) => headers['mmm-decision-id'] === decision.decision_id);
  const rows = commit.decisions.find(({ decisionId }) => decisionId === decision.decision_id)?.actions ?? [];
  return {
    candidates: decision.candidates,
    actions: decision.actions.length,
    storedActions: rows.length,
    deliveries: deliveriesOf(decision),
    folds: commit.entries.some(
      (entry) =>
        entry.decisionId === decision.decision_id &&
        entry.cards?.some(({ places }) => places.some(({ live }) => !live)) === true,
    ),
    hasReceipt: receipt.length > 0 && receiptId === decision.receipt_id,
    inJournal: commit.entries.some((entry) => entry.result === 'decided' && entry.decisionId === decision.decision_id),
    published: {
      deliveries: mine.filter(({ topic }) => topic.startsWith('mmm.delivery.')).length,
      receipts: mine.filter(({ topic }) => topic === 'mmm.receipts').length,
    },
  };
};

test('whatever the history: every signal has one end, every candidate one disposition, and journal, outbox and metrics say the same (G1, G5)', async () => {
  const met = new Set<string>();
  await fc.assert(
    fc.asyncProperty(history, async (drawn) => {
      const totals = emptyTotals();
      const metrics = new PromMetrics();
      const journal = new MemoryJournal({
        onCommitted: (commit) => {
          for (const { result } of commit.entries) addResult(totals, result);
          for (const row of commit.decisions)
            addDecision(totals, counted(commit, row.body, row.receipt, row.receiptId));
        },
      });
      const harness = new DecideHarness(rules, 2, { journal, metrics });
      const sessions = harness.sessions();
      const { ids, codec, logger, clock } = harness.deps;
      const deferring = {
        ids,
        codec,
        logger,
        clock,
        metrics: noMetrics,
        writer: harness.log,
        deferrals: journal.deferrals,
        endings: journal.endings,
      };
      await sessions.start();
      let released = 0;
      for (const { id, actor, type, pr, actorType, ageMs, afterMs } of drawn) {
        harness.now += afterMs;
        released += (await tellHolders(deferring)) + (await releaseDue(deferring));
        const at = new Date(Math.max(harness.now - ageMs, NOON_MS - 10 * HOUR)).toISOString();
        const change = {
          actor_id: actor,
          event_type: type,
          subject: pullRequest(pr),
          actor_type: actorType as 'human',
          occurred_at: at,
        };
        await harness.append([push(actor ?? '', `s${id}`, change)]);
        await harness.drained();
      }
      await sessions.stop();

      const text = await metrics.registry.metrics();
      const metric = (prefix: string): Map<string, number> =>
        new Map(
          text
            .split('\n')
            .filter((line) => line.startsWith(prefix))
            .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
        );
      const decide = metric('mmm_records_total{stage="decide"');
      const sum = (values: Iterable<number>): number => [...values].reduce((all, one) => all + one, 0);

      // G1: normalised = duplicate + no_candidate (by reason) + decided.
      const { signals, addUp, ended } = balanceOf(totals);
      const duplicates = decide.get('mmm_records_total{stage="decide",outcome="duplicate",reason="signal_id"}') ?? 0;
      expect(signals + duplicates).toBe(drawn.length + released);
      expect(sum(decide.values())).toBe(drawn.length + released);
      for (const [result, count] of totals.results) {
        const outcome = result === 'decided' ? 'decided' : 'no_candidate';
        expect(decide.get(`mmm_records_total{stage="decide",outcome="${outcome}",reason="${result}"}`)).toBe(count);
        met.add(result);
      }
      // G5: one disposition with a reason for each candidate, and the same in the metric.
      expect({ addUp, faults: [...totals.faults] }).toEqual({ addUp: true, faults: [] });
      expect(totals.decisions).toBe(totals.results.get('decided') ?? 0);
      const candidates = metric('mmm_candidates_total{');
      expect(sum(candidates.values())).toBe(ended);
      for (const { disposition, reason, count } of totals.ends.values()) {
        expect(candidates.get(`mmm_candidates_total{disposition="${disposition}",reason="${reason}"}`)).toBe(count);
        met.add(reason);
        met.add(disposition);
      }
      if (duplicates > 0) met.add('duplicate');
    }),
    { numRuns: 40, seed: 7 },
  );
  for (const word of [
    'duplicate',
    'no_match',
    'late',
    'context_only',
    'actor_type',
    'decided',
    'sent',
    'revised',
    'cap_hour',
    'digested',
    'subject_resolved',
    'template_value_missing',
  ])
    expect(met).toContain(word);
}, 60_000);

const WHOLE: CountedDecision = {
  candidates: [
    { disposition: 'delivered', reason_code: 'sent' },
    { disposition: 'suppressed', reason_code: 'cap_day' },
  ],
  ...{ actions: 1, storedActions: 1, deliveries: 2, folds: false, hasReceipt: true, inJournal: true },
  published: { deliveries: 2, receipts: 1 },
};
const faultsOf = (change: Partial<CountedDecision>): Fault[] => {
  const totals = emptyTotals();
  addDecision(totals, { ...WHOLE, ...change });
  expect(balanceOf(totals).addUp).toBe(totals.faults.size === 0);
  return [...totals.faults.keys()];
};

test.each<[string, Partial<CountedDecision>, Fault[]]>([
  ['nothing', {}, []],
  ['nothing in the outbox any more, older than the journal', { published: null, inJournal: null }, []],
  ['a lost delivery', { published: { deliveries: 1, receipts: 1 } }, ['delivery_missing']],
  ['a doubled delivery', { published: { deliveries: 3, receipts: 1 } }, ['delivery_missing']],
  ['a receipt that was never published', { published: { deliveries: 2, receipts: 0 } }, ['receipt_not_published']],
  ['an action nobody delivered', { actions: 2, storedActions: 2 }, ['delivered_without_action']],
  ['a lost action', { storedActions: 0 }, ['action_missing']],
  ['no receipt', { hasReceipt: false }, ['receipt_missing']],
  ['no entry', { inJournal: false }, ['journal_missing']],
  ['no candidates', { candidates: [], actions: 0, storedActions: 0, deliveries: 0, published: null }, ['no_candidate']],
  [
    'a word of nobody',
    { candidates: [...WHOLE.candidates, { disposition: 'lost', reason_code: 'x' }] },
    ['disposition_unknown'],
  ],
  [
    'no reason',
    { candidates: [WHOLE.candidates[0]!, { disposition: 'expired', reason_code: '' }] },
    ['disposition_unknown'],
  ],
])('what does not add up is named: %s', (_what, change, faults) => {
  expect(faultsOf(change)).toEqual(faults);
});
