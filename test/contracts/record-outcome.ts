import { EMPTY_CONTEXT } from '../../src/domain/context/tenant-context.ts';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { uuidIds } from '../../src/adapters/ids/uuid-ids.ts';
import { newActorRef } from '../../src/adapters/keys/actor-ref.ts';
import { ephemeralSigningKey, verifySignature } from '../../src/adapters/keys/ed25519-signer.ts';
import { MemoryStateCache } from '../../src/adapters/memory/memory-state-cache.ts';
import { LocalCodec } from '../../src/adapters/registry/record-codec.ts';
import { serialPerKey } from '../../src/pipeline/serial-per-key.ts';
import { createRecordOutcome, recordOutcome, type RecordOutcomeDeps } from '../../src/admin/commands/record-outcome.ts';
import { verifyReceipt } from '../../src/admin/queries/verify-receipt.ts';
import { actorKeyText } from '../../src/domain/ids.ts';
import type { OutcomeReport } from '../../src/domain/outcome.ts';
import { partitionOf } from '../../src/domain/partitioner.ts';
import { canonicalJson } from '../../src/domain/receipt/canonical-json.ts';
import { metadataFaults } from '../../src/domain/receipt/metadata-rules.ts';
import type { TenantRules } from '../../src/domain/rules.ts';
import type { OutcomeResult } from '../../src/domain/vocabulary.ts';
import type { MmmDecision, MmmReceipt } from '../../src/generated/records.ts';
import { decideNow, type DecideNowDeps } from '../../src/pipeline/decide/decide-now.ts';
import type { Journal, OutboxRow } from '../../src/pipeline/ports/journal.ts';
import { DecideHarness, jsonCodec, noMetrics, NOTICE_PUSH, push, rulesWith, TENANT } from '../pipeline/harness.ts';
import { compileJsonSchema } from '../schemas/compile-json-schema.ts';
import type { JournalUnderTest } from './journal.ts';
import { foldOne } from './journal-records.ts';

const PARTITIONS = 3;
const BUDGET_MS = 60_000;
const MANY = { max_actions_per_day: 1000, max_actions_per_hour: 1000, per_repo_per_day: 1000 };
const unlimited = rulesWith([NOTICE_PUSH], { quotas: MANY });

/** Recording an outcome, whatever the journal is: the use case with real decisions behind it. */
export const recordOutcomeContract = (name: string, make: () => Promise<JournalUnderTest>): void => {
  describe(`recording outcomes: ${name}`, () => {
    let made: JournalUnderTest;
    let journal: Journal;
    let deps: RecordOutcomeDeps & Omit<DecideNowDeps, 'rules'>;
    const signer = ephemeralSigningKey();
    beforeAll(async () => {
      made = await make();
      journal = made.journal;
      for (let shard = 0; shard < PARTITIONS; shard++) await journal.openShard(shard);
      deps = {
        journal,
        cache: new MemoryStateCache(),
        codec: jsonCodec,
        ids: uuidIds,
        signer,
        randomId: randomUUID,
        newActorRef,
        context: { current: () => EMPTY_CONTEXT, load: () => Promise.resolve(EMPTY_CONTEXT) },
        clock: { now: () => Date.now(), monotonicMs: () => performance.now() },
        partitions: PARTITIONS,
        metrics: noMetrics,
      };
    });
    afterAll(async () => {
      await made.close();
    });

    const decide = async (
      actorId: string,
      change: Parameters<typeof push>[2] = {},
      rules: TenantRules = unlimited,
    ): Promise<MmmDecision> => {
      const now = new Date().toISOString();
      const signal = push(actorId, randomUUID(), { occurred_at: now, received_at: now, ...change });
      const source = { current: () => rules, load: () => Promise.resolve(rules) };
      const { decision } = await decideNow({ ...deps, rules: source }, signal, BUDGET_MS);
      if (decision === null) throw new Error('nothing was decided');
      return decision;
    };
    const reportOn = (decision: MmmDecision, change: Partial<OutcomeReport> = {}): OutcomeReport => ({
      outcomeId: randomUUID(),
      tenantId: decision.tenant_id,
      decisionId: decision.decision_id,
      actionId: decision.actions[0]?.action_id ?? 'no action',
      actorId: decision.actor_id,
      result: 'shown',
      reason: null,
      occurredAtMs: Date.now(),
      ...change,
    });
    const keyOf = (decision: MmmDecision) => ({ tenantId: decision.tenant_id, actorId: decision.actor_id });
    const shardOf = (decision: MmmDecision): number => partitionOf(actorKeyText(keyOf(decision)), PARTITIONS);
    const rowsOf = async (decision: MmmDecision): Promise<readonly OutboxRow[]> =>
      await journal.outbox(shardOf(decision), 0n, 100_000, 1_000_000_000);
    const said = async (decision: MmmDecision): Promise<OutcomeResult[]> => {
      const { action } = await journal.outcomeStanding({ ...reportOn(decision) });
      return action?.outcomes.map(({ result }) => result) ?? [];
    };
    const codeOf = (work: Promise<unknown>): Promise<string> =>
      work.then(
        () => 'none',
        (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
      );

    test('a recorded outcome is answered, stored and published with its receipt, in the order of the shard', async () => {
      const decision = await decide(`someone ${randomUUID()}`);
      const before = await rowsOf(decision);
      const report = reportOn(decision, { result: 'dismissed', reason: 'he said: not now, Alice' });
      const { status, outcome } = await recordOutcome(deps, report);
      expect(status).toBe('recorded');
      const { tenantId: _, ...stored } = report;
      expect(outcome).toEqual({ ...stored, recordedAtMs: outcome.recordedAtMs, receiptId: outcome.receiptId });
      expect(await said(decision)).toEqual(['dismissed']);

      const rows = (await rowsOf(decision)).slice(before.length);
      expect(rows.map(({ record }) => [record.topic, Buffer.from(record.key ?? '').toString()])).toEqual([
        ['mmm.outcomes', TENANT],
        ['mmm.receipts', actorKeyText(keyOf(decision))],
      ]);
      const [event, receipt] = rows.map(({ record }) => JSON.parse(Buffer.from(record.value!).toString()) as unknown);
      expect(event).toMatchObject({
        tenant_id: TENANT,
        event_type: 'mmm.outcome',
        payload: {
          outcome_id: report.outcomeId,
          decision_id: decision.decision_id,
          action_id: report.actionId,
          actor_id: decision.actor_id,
          result: 'dismissed',
          playbook_id: 'notice-push',
          playbook_version: 1,
          action_type: 'mirror',
          receipt_id: outcome.receiptId,
        },
      });
      // As Avro it has a place for every member.
      expect(new LocalCodec().encode('mmm.outcomes', event as never).length).toBeGreaterThan(100);
      expect(receipt).toMatchObject({ receipt_id: outcome.receiptId });
    });

    test('its receipt has the shape that ERIS takes, a true signature, no clear person and no sentence (D-44)', async () => {
      const decision = await decide(`person ${randomUUID()}`, { repo_id: 'org/secret-service' });
      const report = reportOn(decision, {
        outcomeId: 'token 7',
        result: 'dismissed',
        reason: 'Alice does not want it',
      });
      await recordOutcome(deps, report);
      const bytes = (await rowsOf(decision)).at(-1)!.record.value!;
      const text = Buffer.from(bytes).toString();
      const receipt = JSON.parse(text) as MmmReceipt;
      expect(compileJsonSchema('mmm.receipts-value')(receipt)).toBe(true);
      expect(metadataFaults(text)).toEqual([]);
      expect(text).not.toContain(decision.actor_id);
      expect(text).not.toContain('Alice');
      const trust = { publicKeyOf: () => signer.publicKeyPem, verify: verifySignature };
      expect(verifyReceipt(bytes, trust).fault).toBeNull();
      const decided = (await rowsOf(decision))
        .map(({ record }) => record)
        .filter(({ topic }) => topic === 'mmm.receipts');
      const first = JSON.parse(Buffer.from(decided.at(-2)!.value!).toString()) as MmmReceipt;
      expect(receipt.inputs).toMatchObject({
        kind: 'outcome',
        tenant_id: TENANT,
        actor_ref: first.inputs['actor_ref'],
        signal_id: decision.signal_id,
        decision_receipt_id: decision.receipt_id,
        policy_snapshot_id: decision.policy_snapshot_id,
        playbooks: ['notice-push@1'],
      });
      expect(receipt.result).toMatchObject({
        outcome: 'dismissed',
        action_id: report.actionId,
        actions: [{ type: 'mirror', surfaces: ['ide'], payload_hash: decision.actions[0]?.payload_hash }],
      });
      expect([receipt.snapshot_hash, receipt.actor]).toEqual([first.snapshot_hash, first.actor]);
    });

    test('outcomes onto a decision of another tenant, actor or action are refused alike, and nothing is written (D-14)', async () => {
      const [mine, theirs] = [await decide(randomUUID()), await decide(randomUUID())];
      const before = await foldOne(journal, keyOf(mine));
      const foreign: Partial<OutcomeReport>[] = [
        { tenantId: 'elsewhere' },
        { actorId: theirs.actor_id },
        { decisionId: theirs.decision_id },
        { actionId: theirs.actions[0]!.action_id },
        { actionId: randomUUID() },
        { decisionId: theirs.decision_id, actionId: theirs.actions[0]!.action_id },
      ];
      for (const change of foreign) {
        await expect(recordOutcome(deps, reportOn(mine, change))).rejects.toMatchObject({
          code: 'RESOURCE_NOT_FOUND',
          message: 'there is no such action of this decision, tenant and actor',
        });
      }
      expect(await foldOne(journal, keyOf(mine))).toEqual(before);
      expect([await said(mine), await said(theirs)]).toEqual([[], []]);
    });

    test('any text as result, and dismissed or failed without reason, are refused by the use case itself (D-14)', async () => {
      const decision = await decide(randomUUID());
      const wrong: Partial<OutcomeReport>[] = [
        { result: 'BANANA' as OutcomeResult },
        { result: 'dismissed' },
        { result: 'dismissed', reason: '  ' },
        { result: 'failed', reason: null },
      ];
      for (const change of wrong) {
        expect(await codeOf(recordOutcome(deps, reportOn(decision, change)))).toBe('VALIDATION_ERROR');
      }
      expect(await said(decision)).toEqual([]);
    });

    test('retries duplicate nothing: the same outcome id is the stored outcome, one after another and all at once (D-73)', async () => {
      const decision = await decide(randomUUID());
      const report = reportOn(decision, { result: 'accepted' });
      const answers = await Promise.all(Array.from({ length: 8 }, () => recordOutcome(deps, report)));
      expect(answers.filter(({ status }) => status === 'recorded')).toHaveLength(1);
      const rows = (await rowsOf(decision)).length;
      // A clock that moved and mended words make it no other outcome; what it is about and says does.
      const later = await recordOutcome(deps, { ...report, occurredAtMs: report.occurredAtMs - 5, reason: 'ok' });
      expect(later).toEqual({ status: 'repeated', outcome: answers[0]!.outcome });
      expect((await rowsOf(decision)).length).toBe(rows);
      expect((await foldOne(journal, keyOf(decision))).version).toBe(2);
    });

    test('an outcome id that stands for something else is a conflict, and does not show what', async () => {
      const [mine, theirs] = [await decide(randomUUID()), await decide(randomUUID())];
      const report = reportOn(mine, { result: 'accepted' });
      await recordOutcome(deps, report);
      expect(await codeOf(recordOutcome(deps, { ...report, result: 'shown' }))).toBe('CONFLICT');
      expect(await codeOf(recordOutcome(deps, reportOn(theirs, { outcomeId: report.outcomeId })))).toBe('CONFLICT');
      expect([await said(mine), await said(theirs)]).toEqual([['accepted'], []]);
    });

    test('outcomes come in an order that makes sense, and saying the same again writes nothing', async () => {
      const decision = await decide(randomUUID());
      const say = (result: OutcomeResult, reason: string | null = 'r'): Promise<string> =>
        recordOutcome(deps, reportOn(decision, { result, reason })).then(
          ({ status }) => status,
          (error: unknown) => (error as { code: string }).code,
        );
      expect(await say('failed')).toBe('CONFLICT');
      expect(await say('shown')).toBe('recorded');
      expect(await say('shown')).toBe('repeated');
      expect(await say('ignored')).toBe('recorded');
      expect(await say('accepted')).toBe('recorded');
      expect(await say('dismissed')).toBe('CONFLICT');
      expect(await say('ignored')).toBe('repeated');
      expect(await say('failed')).toBe('recorded');
      expect(await said(decision)).toEqual(['shown', 'ignored', 'accepted', 'failed']);
    });

    test('of two that contradict each other, sent at once, exactly one is believed', async () => {
      for (let round = 0; round < 15; round++) {
        const decision = await decide(randomUUID());
        const answers = await Promise.all(
          (['accepted', 'dismissed'] as const).map((result) =>
            codeOf(recordOutcome(deps, reportOn(decision, { result, reason: 'r' }))),
          ),
        );
        expect(answers.sort()).toEqual(['CONFLICT', 'none']);
        expect(await said(decision)).toHaveLength(1);
      }
    });

    test('what was dismissed is not said again, by whoever decides next with whatever it remembers', async () => {
      const actorId = randomUUID();
      const first = await decide(actorId, { branch: 'main' });
      const reasons = async (branch: string): Promise<string[]> =>
        (await decide(actorId, { branch })).candidates.map(({ reason_code }) => reason_code);
      expect(await reasons('main')).toEqual(['revised']);
      await recordOutcome(deps, reportOn(first, { result: 'accepted', reason: 'not_useful' }));
      expect(await reasons('main')).toEqual(['dismissed_before']);
      expect(await reasons('other')).toEqual(['dismissed_before']);
      const { entries } = await foldOne(journal, { tenantId: TENANT, actorId });
      expect(entries.map(({ kind }) => kind)).toEqual(['signal', 'signal', 'outcome', 'signal', 'signal']);
    });

    test('many outcomes of one actor while its session decides: none is lost, no cap is broken, the chain holds', async () => {
      const own = await make();
      const actorId = randomUUID();
      const key = { tenantId: TENANT, actorId };
      const CAP = 20;
      // No dismissal among them: it would hold the advice back, and the cap would not be reached.
      const results = ['shown', 'ignored', 'accepted', 'failed'] as const;
      const capped = rulesWith([NOTICE_PUSH], { quotas: { ...MANY, max_actions_per_day: CAP } });
      const harness = new DecideHarness(capped, 2, { journal: own.journal });
      harness.now = Date.now();
      // About thirty things: of one thing the second would revise the card of the first, which no cap counts.
      const pushes = Array.from({ length: 30 }, (_, n) => {
        const at = new Date(harness.now).toISOString();
        return push(actorId, randomUUID(), { occurred_at: at, received_at: at, branch: `b${n}` });
      });
      // As two processes: each of them lets one outcome of an actor in at a time.
      const recorders = [0, 1].map(() =>
        createRecordOutcome({ ...deps, journal: own.journal, partitions: 2 }, serialPerKey()),
      );
      const sessions = harness.sessions();
      await sessions.start();
      const recording: Promise<string>[] = [];
      const expected: string[] = [];
      const recordAll = async (decision: MmmDecision, at: number): Promise<string> => {
        for (const result of results) {
          const report = reportOn(decision, { result, reason: 'r' });
          expected.push(report.outcomeId);
          const { status } = await recorders[at % 2]!(report);
          if (status !== 'recorded') return status;
        }
        return 'recorded';
      };
      for (const [at, signal] of pushes.entries()) {
        await harness.append([signal]);
        await harness.drained();
        const decision = harness.decisions().at(-1)!;
        if (decision.actions.length > 0) recording.push(recordAll(decision, at));
      }
      expect(recording).toHaveLength(CAP);
      expect(new Set(await Promise.all(recording))).toEqual(new Set(['recorded']));
      await sessions.stop();

      const folded = await foldOne(own.journal, key);
      expect(folded.version).toBe(pushes.length + CAP * results.length);
      expect(folded.entries.map(({ version }) => version)).toEqual(folded.entries.map((_, at) => at + 1));
      let before = '';
      for (const { chain, ...entry } of folded.entries) {
        expect(chain).toBe(uuidIds.sha256(before + canonicalJson(entry)));
        before = chain;
      }
      const outcomes = folded.entries.flatMap((entry) => (entry.kind === 'outcome' ? [entry.outcomeId] : []));
      expect(outcomes.sort()).toEqual(expected.sort());
      const shard = partitionOf(actorKeyText(key), 2);
      const rows = await own.journal.outbox(shard, harness.log.committed(shard).cursor ?? 0n, 1_000, 1_000_000);
      const events = harness.log.read('mmm.outcomes').length;
      expect(events + rows.filter(({ record }) => record.topic === 'mmm.outcomes').length).toBe(expected.length);
      await own.close();
    });
  });
};
