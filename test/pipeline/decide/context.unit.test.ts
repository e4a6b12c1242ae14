import { expect, test } from '@jest/globals';
import type { ContextSource } from '../../../src/pipeline/ports/context-source.ts';
import { decideNow, type DecideNowDeps } from '../../../src/pipeline/decide/decide-now.ts';
import type { MmmSignalInput } from '../../../src/generated/records.ts';
import { EMPTY_CONTEXT } from '../../../src/domain/context/tenant-context.ts';
import { DecideHarness, NOTICE_PUSH, push, rulesWith } from '../harness.ts';

const incident = (word: string, change: Partial<MmmSignalInput> = {}): MmmSignalInput =>
  push('', `incident-${word}-${JSON.stringify(change)}`, {
    actor_id: null,
    source: 'incident',
    event_type: `incident.${word}`,
    repo_id: null,
    payload: { incident_id: 'INC-1' },
    ...change,
  });

const harnessWith = (): { harness: DecideHarness; decide: (signal: MmmSignalInput) => Promise<string> } => {
  const harness = new DecideHarness(rulesWith([NOTICE_PUSH]), 1);
  const deps: DecideNowDeps = { ...harness.deps, partitions: 1 };
  const decide = async (signal: MmmSignalInput): Promise<string> => {
    const { result, decision } = await decideNow(deps, signal, 60_000);
    harness.now += 1;
    return decision?.candidates[0]?.reason_code ?? result;
  };
  return { harness, decide };
};

test('an incident that the engine was told of mutes what comes after it, until it is over', async () => {
  const { decide } = harnessWith();
  expect(await decide(push('dev1', 's1'))).toBe('sent');
  expect(await decide(incident('open'))).toBe('context_only');
  expect(await decide(push('dev2', 's2'))).toBe('incident_active');
  const at = (ms: number): Partial<MmmSignalInput> => ({
    occurred_at: new Date(Date.parse(push('', '').occurred_at) + ms).toISOString(),
  });
  await decide(incident('mitigated', at(1)));
  expect(await decide(push('dev3', 's3'))).toBe('sent');
});

test('an incident of a repository mutes that repository, whoever reported it', async () => {
  const { decide } = harnessWith();
  expect(await decide(incident('open', { actor_id: 'responder', repo_id: 'org/repo' }))).toBe('no_match');
  expect(await decide(push('dev1', 's1'))).toBe('incident_active');
  expect(await decide(push('dev1', 's2', { repo_id: 'org/other' }))).toBe('sent');
});

test('what was read of the surroundings is recorded with the decision (G3)', async () => {
  const { harness, decide } = harnessWith();
  await decide(incident('open'));
  const reads: string[] = [];
  const journal = harness.journal;
  const commit = journal.commit.bind(journal);
  journal.commit = (request) => {
    reads.push(...request.actors.flatMap((actor) => actor.decisions.map(({ read }) => read)));
    return commit(request);
  };
  await decide(push('dev1', 's1'));
  expect(reads.map((read) => (JSON.parse(read) as { context: unknown }).context)).toEqual([
    {
      incidentActive: true,
      freezeActive: false,
      onCall: false,
      releaseFailed: false,
      causes: [{ kind: 'incident', id: 'INC-1', repo: null }],
    },
  ]);
});

test('the surroundings are asked for once per tenant and batch, not per signal', async () => {
  let asked = 0;
  const context: ContextSource = {
    current: () => ((asked += 1), undefined),
    load: () => Promise.resolve(EMPTY_CONTEXT),
  };
  const harness = new DecideHarness(rulesWith([NOTICE_PUSH]), 1, { context });
  await harness.append(Array.from({ length: 40 }, (_, n) => push(`dev${n % 7}`, `s${n}`)));
  const sessions = harness.sessions();
  await sessions.start();
  await harness.drained();
  await sessions.stop();
  expect(harness.decisions()).toHaveLength(40);
  expect(asked).toBeLessThan(10);
});

test('surroundings that can not be had decide nothing: an outage is not an all-clear (G6)', async () => {
  const context: ContextSource = { current: () => undefined, load: () => Promise.reject(new Error('away')) };
  const harness = new DecideHarness(rulesWith([NOTICE_PUSH]), 1, { context });
  await expect(decideNow({ ...harness.deps, partitions: 1 }, push('dev1', 's1'), 60_000)).rejects.toThrow('away');
  expect(harness.log.read('mmm.decisions')).toEqual([]);
});
