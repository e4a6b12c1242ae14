import { expect, test } from '@jest/globals';
import { PromMetrics } from '../../../src/adapters/telemetry/prom-metrics.ts';
import { MmmError } from '../../../src/errors.ts';
import { decideNow } from '../../../src/pipeline/decide/decide-now.ts';
import type { SessionOutputs } from '../../../src/pipeline/ports/partitions.ts';
import { DecideHarness, NOTICE_PUSH, push, rulesWith } from '../harness.ts';

const onceADay = rulesWith([NOTICE_PUSH], {
  quotas: { max_actions_per_day: 1, max_actions_per_hour: 1, per_repo_per_day: 1 },
});

/** The line of a metric with exactly these labels, or sum or count of a histogram; 0 if there is none. */
const reader = async (metrics: PromMetrics): Promise<(line: string) => number> => {
  const lines = (await metrics.registry.metrics()).split('\n');
  return (wanted) =>
    Number(
      lines
        .find((line) => line.startsWith(`${wanted} `))
        ?.split(' ')
        .at(-1) ?? 0,
    );
};

const run = async (harness: DecideHarness, outputs: SessionOutputs): Promise<void> => {
  const sessions = harness.sessions({ outputs });
  await sessions.start();
  await harness.drained();
  await sessions.stop();
};

/** The first publication with records is lost before the log has it. */
const losingTheFirst = (outputs: SessionOutputs): SessionOutputs => {
  let armed = true;
  return {
    open: async (partition) => {
      const output = await outputs.open(partition);
      return {
        fence: () => output.fence(),
        discard: () => output.discard(),
        publish: async (publication) => {
          if (armed && publication.records.length > 0) {
            armed = false;
            throw new MmmError('IN_DOUBT');
          }
          await output.publish(publication);
        },
      };
    },
  };
};

test('each candidate, delivery and dead letter is counted once: of the stream, of a synchronous decision, of a session that ended before it could publish (R-89)', async () => {
  const metrics = new PromMetrics();
  const harness = new DecideHarness(onceADay, 1, { metrics });
  await decideNow({ ...harness.deps, partitions: 1 }, push('b', 'by-http'), 5_000);
  await decideNow({ ...harness.deps, partitions: 1 }, push('b', 'by-http'), 5_000);
  await harness.append([push('a', 's1'), push('a', 's2', { branch: 'another' })]);
  await harness.log.append([{ topic: 'mmm.signals', key: 't1|a', value: Buffer.from('{'), headers: {} }]);
  await run(harness, losingTheFirst(harness.log));
  expect(harness.deliveries()).toHaveLength(2);

  const value = await reader(metrics);
  expect(value('mmm_actions_delivered_total{surface="ide",result="published"}')).toBe(2);
  expect(value('mmm_candidates_total{disposition="delivered",reason="sent"}')).toBe(2);
  expect(value('mmm_decisions_total{actor_type="human"}')).toBe(3);
  expect(value('mmm_records_total{stage="decide",outcome="decided",reason="decided"}')).toBe(3);
  expect(value('mmm_stage_seconds_count{stage="publish"}')).toBeGreaterThan(0);
  const letters = harness.log.read('mmm.dlq');
  expect(letters).toHaveLength(1);
  const reason = String(letters[0]!.headers['mmm-dlq-code']);
  expect(value(`mmm_dlq_records_total{reason="${reason}"}`)).toBe(1);
});

test('the name that a tenant gave an inhibition is no label', async () => {
  const metrics = new PromMetrics();
  const inhibitions = [{ name: 'a-name-of-the-tenant', when: 'true', mutes: ['normal'] }];
  const harness = new DecideHarness(rulesWith([NOTICE_PUSH], { inhibitions }), 1, { metrics });
  const { decision } = await decideNow({ ...harness.deps, partitions: 1 }, push('b', 'one'), 5_000);
  expect(decision?.candidates[0]?.reason_code).toBe('inhibited:a-name-of-the-tenant');
  const value = await reader(metrics);
  expect(value('mmm_candidates_total{disposition="suppressed",reason="inhibited"}')).toBe(1);
});
