import { randomUUID } from 'node:crypto';
import { createCelCompiler } from '../../../src/adapters/cel/cel-compiler.ts';
import { uuidIds } from '../../../src/adapters/ids/uuid-ids.ts';
import { newActorRef } from '../../../src/adapters/keys/actor-ref.ts';
import { Definitions } from '../../../src/adapters/postgres/definitions.ts';
import { PostgresContextSource } from '../../../src/adapters/postgres/postgres-context-source.ts';
import { PostgresJournal } from '../../../src/adapters/postgres/postgres-journal.ts';
import { PostgresRulesSource } from '../../../src/adapters/postgres/postgres-rules-source.ts';
import { recordOutcome } from '../../../src/admin/commands/record-outcome.ts';
import { compileRules } from '../../../src/domain/compile-rules.ts';
import { parseExperiment } from '../../../src/domain/experiment/parse-experiment.ts';
import { ExperimentChanges } from '../../../src/adapters/postgres/experiment-changes.ts';
import { ShadowVersions } from '../../../src/adapters/postgres/shadow-versions.ts';
import { decideNow } from '../../../src/pipeline/decide/decide-now.ts';
import type { ReceiptSigner } from '../../../src/pipeline/ports/signer.ts';
import { silent } from '../../adapters/postgres/silent-logger.ts';
import type { TestDatabase } from '../../adapters/postgres/test-database.ts';
import { DecideHarness, jsonCodec, NOTICE_PUSH, noMetrics, push } from '../../pipeline/harness.ts';

/** One outcome for each of some sent actions, each a day later than the last. Answers how many. */
export const reportOutcomes = async (
  database: TestDatabase,
  signer: ReceiptSigner,
  tenantId: string,
  fromMs: number,
): Promise<number> => {
  const sent = await database.owner.query<{ action_id: string; decision_id: string; actor_id: string }>(
    `SELECT a.action_id, a.decision_id, d.actor_id FROM mmm_actions a JOIN mmm_decisions d USING (tenant_id, decision_id)
      WHERE a.tenant_id = $1 ORDER BY d.decided_at, a.action_id LIMIT 8`,
    [tenantId],
  );
  let now = fromMs;
  const clock = { now: () => now, monotonicMs: () => performance.now() };
  const journal = new PostgresJournal(database.pipeline, clock);
  const reasons = ['not_useful', 'wrong person, ask somebody else', null];
  for (const [n, { action_id, decision_id, actor_id }] of sent.entries()) {
    now += 60_000;
    const reason = reasons[n % 3]!;
    await recordOutcome(
      {
        ...{ journal, signer, clock, newActorRef },
        ...{ codec: jsonCodec, ids: uuidIds, randomId: randomUUID, partitions: 1, metrics: noMetrics },
      },
      {
        outcomeId: `outcome-${n}`,
        tenantId,
        decisionId: decision_id,
        actionId: action_id,
        actorId: actor_id,
        result: reason === null ? 'accepted' : 'dismissed',
        reason,
        occurredAtMs: now - 1_000,
      },
    );
  }
  return sent.length;
};

/** A tenant with an experiment, a shadow version and an open incident, in which a few people push. */
export const recordExperiment = async (
  database: TestDatabase,
  signer: ReceiptSigner,
  tenantId: string,
): Promise<number> => {
  const definitions = new Definitions(database);
  const quiet = { start: '00:00', end: '00:00' };
  await definitions.upsertTenantPolicy(tenantId, { id: tenantId, unknown_actors: 'allow', quiet_hours: quiet }, 'test');
  const titles = ['A push', 'Pushed'];
  for (const title of titles) {
    const [action] = NOTICE_PUSH.actions;
    const document = { ...NOTICE_PUSH, actions: [{ ...action, template: { ...action!.template, title } }] };
    const { version } = await definitions.importPlaybook(tenantId, NOTICE_PUSH.id, document, 'test');
    if (version === 1) await definitions.publishPlaybook(tenantId, NOTICE_PUSH.id, version, 'test');
  }
  await new ShadowVersions(database).start(tenantId, NOTICE_PUSH.id, 2, 'test');
  const arms = [
    { name: 'control', version: 1, weight: 0.5 },
    { name: 'other', version: 2, weight: 0.5 },
  ];
  const document = { id: 'e1', name: 'E', playbook: NOTICE_PUSH.id, unit: 'actor', arms };
  const parsed = parseExperiment(document);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings));
  const experiments = new ExperimentChanges(database);
  await experiments.put(tenantId, document, parsed.experiment, 'test');
  await experiments.move(tenantId, 'e1', 'active', 'test');

  const clock = { now: () => Date.now(), monotonicMs: () => performance.now() };
  const source = new PostgresRulesSource({
    ...{ database: database.pipeline, clock, logger: silent },
    compile: (_, stored) => {
      const compiled = compileRules({ ...stored, conditions: createCelCompiler(), ids: uuidIds });
      return compiled.ok ? compiled.rules : null;
    },
  });
  const rules = await source.load(tenantId);
  const decide = async (actor: string | null, id: string, change: object): Promise<void> => {
    const at = new Date().toISOString();
    // Anew for each: a context is believed for half a minute.
    const { deps } = new DecideHarness(rules, 1, {
      ...{ signer, clock },
      journal: new PostgresJournal(database.pipeline, clock),
      context: new PostgresContextSource(database.pipeline, clock),
    });
    const signal = push('', `${tenantId}-${id}`, { tenant_id: tenantId, occurred_at: at, ...change, actor_id: actor });
    await decideNow({ ...deps, partitions: 1 }, signal, 60_000);
  };
  const payload = { incident_id: 'INC-7' };
  await decide(null, 'incident', { source: 'incident', event_type: 'incident.open', severity: 'critical', payload });
  const people = ['ada', 'bo', 'cy', 'di'];
  for (const actor of people) await decide(actor, actor, { payload: { context: 'x', profile: 1 } });
  return people.length;
};
