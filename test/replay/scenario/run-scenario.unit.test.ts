import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { testPaths } from '../../../src/entrypoints/composition/playbook-test.ts';

const folder = mkdtempSync(join(tmpdir(), 'mmm-scenarios-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const PLAYBOOK = `{ id: pushes, name: P, owner: o, triggers: [{ event_type: commit_pushed }], actions: [{ type: mirror, surfaces: [ide], template: { title: A push, body: Counted. } }] }`;
let turn = 0;
const run = async (...lines: readonly string[]) => {
  const path = join(folder, `${(turn += 1)}.scenario.yaml`);
  writeFileSync(path, lines.join('\n'));
  const report = await testPaths([path]);
  return { ...report, file: report.files[0]! };
};
/** One scenario of one push against one playbook, with this as its `then`. */
const then = async (text: string) =>
  await run(
    `given: { playbooks: [{ version: 2, playbook: ${PLAYBOOK} }] }`,
    `scenarios: [{ name: n, when: { signal: { event_type: commit_pushed } }, then: ${text} }]`,
  );

describe('what does not go as it says is told with what was found', () => {
  test.each<[string, string, object[]]>([
    ['another result', '{ result: no_match }', [{ path: 'result', expected: '"no_match"', found: '"decided"' }]],
    ['something is said', '{ said: [] }', [{ path: 'said', expected: '""', found: '"pushes mirror"' }]],
    [
      'nothing of the kind is said',
      '{ said: [{ playbook: pushes, action: mentor }] }',
      [{ path: 'said', expected: '"pushes mentor"', found: '"pushes mirror"' }],
    ],
    ['another candidate too', '{ candidates: [] }', [{ path: 'candidates', expected: '""', found: '"pushes mirror"' }]],
    [
      'disposition, reason, version and a gate',
      '{ candidates: [{ playbook: pushes, action: mirror, version: 1, disposition: suppressed, reason: cap_day, gates: { caps: cap_day, safety: pass } }] }',
      [
        { path: 'candidates[0].version', expected: '1', found: '2' },
        { path: 'candidates[0].disposition', expected: '"suppressed"', found: '"delivered"' },
        { path: 'candidates[0].reason', expected: '"cap_day"', found: '"sent"' },
        { path: 'candidates[0].gates.caps', expected: '"cap_day"', found: '"pass"' },
      ],
    ],
    [
      'texts, surfaces and consent',
      '{ said: [{ playbook: pushes, action: mirror, surfaces: [ide, ci], requires_consent: true, on: { ide: { title: A pull, body: [Counted, twice], without: push, variant: digest }, ci: {} } }] }',
      [
        { path: 'said[0].surfaces', expected: '"ide, ci"', found: '"ide"' },
        { path: 'said[0].on.ide.title', expected: 'contains "A pull"', found: '"A push"' },
        { path: 'said[0].on.ide.body', expected: 'contains "twice"', found: '"Counted."' },
        { path: 'said[0].on.ide.without', expected: 'not "push"', found: '"A push\\nCounted."' },
        { path: 'said[0].on.ide.variant', expected: '"digest"', found: '"card"' },
        { path: 'said[0].on.ci', expected: 'a text', found: 'nothing' },
        { path: 'said[0].requires_consent', expected: 'true', found: 'false' },
      ],
    ],
    [
      'reason, evidence and baseline',
      '{ said: [{ playbook: pushes, action: mirror, why: nothing, reason: pushes/1, baseline: x, evidence: [recent], opt_out: never, action_ref: a, dual_channel: true }] }',
      [
        expect.objectContaining({ path: 'said[0].why' }),
        expect.objectContaining({ path: 'said[0].reason', found: '"pushes/2: commit_pushed: 1 in the last 7 days"' }),
        { path: 'said[0].baseline', expected: 'contains "x"', found: 'null' },
        expect.objectContaining({ path: 'said[0].opt_out' }),
        { path: 'said[0].evidence', expected: '"recent"', found: '"signal"' },
        { path: 'said[0].dual_channel', expected: 'true', found: 'false' },
        { path: 'said[0].action_ref', expected: '"a"', found: 'null' },
      ],
    ],
  ])('%s', async (_name, expected, differences) => {
    const { passed, failed, file } = await then(expected);
    expect([passed, failed]).toEqual([0, 1]);
    expect(file.scenarios[0]?.differences).toEqual(differences);
  });

  test('and what goes as it says passes', async () => {
    expect(await then('{ said: [{ playbook: pushes, action: mirror, on: { ide: { title: push } } }] }')).toMatchObject({
      passed: 1,
      failed: 0,
    });
  });
});

describe('what can not be run is a failure, with its place', () => {
  test('a file that is no scenario file', async () => {
    const { failed, file } = await run(
      'scenarios:',
      '  - name: n',
      '    when: { signal: { event_typ: x } }',
      '    then: {}',
    );
    expect(failed).toBe(1);
    expect(file.findings.map(({ path, line }) => `${path} ${String(line)}`)).toEqual(
      expect.arrayContaining(['scenarios[0].when.signal 3', 'scenarios[0].then 4']),
    );
  });
  test('a playbook file that is not there', async () => {
    const { file } = await run(
      'given: { playbooks: [{ file: nowhere.yaml }] }',
      'scenarios: [{ name: n, when: { signal: { event_type: x } }, then: { said: [] } }]',
    );
    expect(file.findings).toMatchObject([
      { path: 'given.playbooks[0].file', message: 'nowhere.yaml can not be read', line: 1 },
    ]);
  });
  test('a policy or a playbook that can not be used: never taken for silence', async () => {
    const { file, failed } = await run(
      'scenarios:',
      '  - { name: a, given: { tenant: { quota: 1 } }, when: { signal: { event_type: x } }, then: { said: [] } }',
      '  - { name: b, given: { playbooks: [{ playbook: { id: x } }] }, when: { signal: { event_type: x } }, then: { said: [] } }',
      '  - { name: c, given: { actor: { preferences: { snooze_until: soon } } }, when: { signal: { event_type: x } }, then: { said: [] } }',
    );
    expect(failed).toBe(3);
    expect(file.scenarios.map(({ faults }) => faults[0]?.path)).toEqual([
      'given.tenant.quota',
      'given.playbooks[0].name',
      'given.tenant.actors[0].preferences.snooze_until',
    ]);
  });
  test('a folder without scenario files is wrong use', async () => {
    await expect(testPaths([import.meta.dirname])).rejects.toMatchObject({ code: 'USAGE' });
  });
});

test('the same file gives the same report, and the order in which earlier signals are written does not matter', async () => {
  const earlier = [
    '{ at: -2h, signal: { event_type: commit_pushed, branch: a } }',
    '{ at: -3h, signal: { event_type: commit_pushed, branch: b } }',
  ];
  const text = (order: readonly string[]): readonly string[] => [
    `given: { tenant: { quotas: { max_actions_per_day: 2 } }, playbooks: [{ playbook: ${PLAYBOOK} }], earlier: [${order.join(', ')}] }`,
    'scenarios: [{ name: n, when: { signal: { event_type: commit_pushed } }, then: { candidates: [{ playbook: pushes, action: mirror, reason: cap_day }] } }]',
  ];
  const there = await run(...text(earlier));
  const back = await run(...text(earlier.toReversed()));
  expect(there.passed).toBe(1);
  expect(back.gates).toEqual(there.gates);
});

test('{n} is the turn of a signal that comes several times', async () => {
  const { passed } = await run(
    `given: { playbooks: [{ playbook: ${PLAYBOOK.replace('A push', '\'{{recent.distinct("branch", "commit_pushed", "7d")}} branches\'')} }] }`,
    'scenarios:',
    "  - { name: n, given: { earlier: [{ at: -2d, times: 3, every: 1h, signal: { event_type: commit_pushed, branch: 'b{n}' } }] }, when: { signal: { event_type: commit_pushed, branch: main } }, then: { said: [{ playbook: pushes, action: mirror, on: { ide: { title: 4 branches } } }] } }",
  );
  expect(passed).toBe(1);
});

test('a moment of release is met within the spread, and only then', async () => {
  const mentor = PLAYBOOK.replace('type: mirror', 'type: mentor');
  const until = async (moment: string) =>
    await run(
      `given: { at: '2026-05-06T23:00:00Z', playbooks: [{ playbook: ${mentor} }] }`,
      `scenarios: [{ name: n, when: { signal: { event_type: commit_pushed } }, then: { candidates: [{ playbook: pushes, action: mentor, until: '${moment}' }] } }]`,
    );
  expect(await until('+7h')).toMatchObject({ passed: 1 });
  const { file } = await until('+6h');
  expect(file.scenarios[0]?.differences).toMatchObject([
    { path: 'candidates[0].until', expected: 'within ten minutes from 2026-05-07T05:00:00.000Z' },
  ]);
});
