import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { STARTER_FOLDER } from '../../../src/adapters/files/playbook-files.ts';
import { cli } from './run-cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'mmm-playbooks-cli-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const file = (name: string, ...lines: readonly string[]): string => {
  const path = join(folder, name);
  writeFileSync(path, lines.join('\n'));
  return path;
};

describe('playbooks lint opens no store', () => {
  test('the starter set passes', async () => {
    expect(await cli('playbooks', 'lint', STARTER_FOLDER)).toMatchObject({ code: 0 });
  });

  test('each finding has its line, its path and its remedy', async () => {
    const path = file(
      'odd.yaml',
      'id: odd',
      'name: Odd',
      'owner: o',
      'triggers:',
      '  - event_type: commit_pushed',
      'when: signal.payload.test_files == "0"',
      'limits:',
      '  cooldown: 12h',
      '  per_actor_per_day: 4',
      'actions:',
      '  - type: mirror',
      '    surfaces: [ide]',
      '    template:',
      '      title: You should add tests',
      '      body: Counted.',
    );
    const { code, error, out } = await cli('playbooks', 'lint', path);
    expect([code, error]).toEqual([1, 'PLAYBOOK_INVALID']);
    expect(out.map((line) => line.split(': ').slice(0, 2).join(' '))).toEqual([
      'odd.yaml:6 when',
      'odd.yaml:14 actions[0].template.title',
      'odd.yaml:9 limits.per_actor_per_day',
    ]);
    for (const line of out) expect(line).toContain('to mend it: ');
  });

  test('a rate that is given is held against the default settings', async () => {
    const path = file(
      'often.yaml',
      'id: often',
      'name: Often',
      'owner: o',
      'triggers: [{ event_type: commit_pushed }]',
      'limits: { cooldown: 28h }',
      'actions:',
      '  - { type: mentor, surfaces: [ide], template: { title: T, body: B }, rationale: { why_relevant: W, evidence: [signal] } }',
    );
    expect(await cli('playbooks', 'lint', path)).toMatchObject({ code: 0 });
    expect(await cli('playbooks', 'lint', path, '--rate', '5')).toMatchObject({ code: 0 });
    const starved = await cli('playbooks', 'lint', path, '--rate', '40', '--json');
    expect(starved).toMatchObject({ code: 1, error: 'PLAYBOOK_INVALID' });
    expect(starved.json['files'][0]).toMatchObject({
      findings: [
        {
          path: 'limits',
          line: 5,
          message: 'starves, at most 6 a week of the 40 it produces; 34 will expire: limits.cooldown (28h)',
        },
      ],
      forecast: { per_week_and_actor: { produced: 40, sent_at_most: 6, expired: 34, dropped: 0 } },
    });
    expect(await cli('playbooks', 'lint', path, '--rate', 'often')).toMatchObject({ code: 2 });
  });
});

describe('playbooks test', () => {
  test('says what passed, what differs and which gates said what; exit code 1 on a difference', async () => {
    const playbook =
      '{ id: p, name: P, owner: o, triggers: [{ event_type: commit_pushed }], actions: [{ type: mirror, surfaces: [ide], template: { title: A push, body: B } }] }';
    const path = file(
      'p.scenario.yaml',
      `given: { playbooks: [{ playbook: ${playbook} }] }`,
      'scenarios:',
      '  - { name: said, when: { signal: { event_type: commit_pushed } }, then: { said: [{ playbook: p, action: mirror }] } }',
      '  - { name: at night, given: { at: "2026-05-06T23:00:00Z" }, when: { signal: { event_type: commit_pushed } }, then: { said: [{ playbook: p, action: mirror }] } }',
    );
    const told = await cli('playbooks', 'test', path);
    expect(told).toMatchObject({ code: 1, error: 'SCENARIO_FAILED' });
    expect(told.out).toEqual(
      expect.arrayContaining([
        'p.scenario.yaml: pass: said',
        'p.scenario.yaml: FAIL: at night',
        '    said\n      expected: "p mirror"\n      found:    ""',
        '  quiet_hours      passed 1; vetoed: quiet_hours 1',
        '  restrictions     passed 2; never vetoed',
        '1 passed, 1 failed',
      ]),
    );
    const json = (await cli('playbooks', 'test', path, '--json')).json;
    expect(json).toMatchObject({ passed: 1, failed: 1 });
    expect(json['gates'][9]).toEqual({ gate: 'quiet_hours', passed: 1, vetoed: { quiet_hours: 1 } });
  });

  test('the starter folder holds scenarios beside the playbooks', async () => {
    expect(await cli('playbooks', 'test', STARTER_FOLDER)).toMatchObject({ code: 0, error: null });
  });

  test('a path that is not there is wrong use', async () => {
    expect(await cli('playbooks', 'test', join(folder, 'nowhere'))).toMatchObject({ code: 2 });
  });
});
