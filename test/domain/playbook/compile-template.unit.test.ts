import { describe, expect, test } from '@jest/globals';
import { emptyState } from '../../../src/domain/actor-state.ts';
import { compileTemplate } from '../../../src/domain/playbook/compile-template.ts';
import type { RuleEnvironment } from '../../../src/domain/playbook/condition.ts';
import { recentOf } from '../../../src/domain/playbook/recent.ts';
import type { MmmSignalInput } from '../../../src/generated/records.ts';
import { HOUR, NOON, aSignal } from '../decision/given.ts';

const environment = (change: Partial<MmmSignalInput> = {}): RuleEnvironment => {
  const signal = aSignal(change);
  const earlier = {
    atMs: NOON - 3 * HOUR,
    type: 'commit_pushed',
    repo: 'org/app',
    branch: null,
    file: null,
    subject: null,
  };
  return {
    signal,
    actor: { id: 'dev1', type: 'human', roles: ['developer', 'lead'] },
    context: {
      repo_id: 'org/app',
      branch: null,
      file_path: null,
      incident_active: false,
      freeze_active: false,
      on_call: true,
      release_failed: false,
    },
    recent: recentOf({ ...emptyState(null), recent: [earlier] }, signal),
  };
};
const render = (source: string, change: Partial<MmmSignalInput> = {}): unknown => {
  const compiled = compileTemplate(source, 'here');
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.findings));
  return compiled.template.render(environment(change));
};

describe('renders', () => {
  test.each([
    ['{{signal.payload.files_changed}} files', '7 files'],
    ['{{ signal.repo_id }} by {{actor.roles}}', 'org/app by developer, lead'],
    ['{{context.on_call}}', 'yes'],
    ['{{recent.count("commit_pushed", "7d")}} and {{recent.count("commit_*","1h")}}', '2 and 1'],
    ['{{recent.distinct("repo", "commit_pushed", "7d")}}', '1'],
    ['{{recent.since("commit_pushed")}} ago', '3 hours ago'],
    ['no variables { } }', 'no variables { } }'],
  ])('%s', (source, text) => {
    expect(render(source)).toEqual({ ok: true, text });
  });

  test.each([
    [12, '12'],
    [12.5, '12.5'],
    [12.0000001, '12'],
    [1e21, '1000000000000000000000'],
    [-0.001, '0'],
    [true, 'yes'],
    ['a\u0000b\u202ec\n\nd', 'a b c d'],
    ['<b>@all *x*</b>', '<b>@all *x*</b>'],
    ['{{signal.actor_id}}', '{{signal.actor_id}}'],
  ])('the value %p as %p', (value, text) => {
    expect(render('{{signal.payload.v}}', { payload: { v: value } })).toEqual({ ok: true, text });
  });

  test('a long value is cut at 200 characters, and the cut is shown', () => {
    const text = (render('{{signal.payload.v}}', { payload: { v: 'x'.repeat(8000) } }) as { text: string }).text;
    expect(text).toBe(`${'x'.repeat(197)}...`);
  });
});

describe('a value that is missing is an answer, never a blank', () => {
  test.each([
    ['{{signal.payload.nope}}', 'signal.payload.nope'],
    ['{{signal.payload.constructor}}', 'signal.payload.constructor'],
    ['{{signal.commit}}', 'signal.commit'],
    ['{{signal.subject.pr_number}}', 'signal.subject.pr_number'],
    ['{{recent.since("pr_merged")}}', 'recent.since("pr_merged")'],
  ])('%s', (source, missing) => {
    expect(render(`text ${source}`)).toEqual({ ok: false, missing });
  });
  test('a text of white space or control characters is missing too', () => {
    expect(render('{{signal.payload.v}}', { payload: { v: ' \u0007 ' } })).toEqual({
      ok: false,
      missing: 'signal.payload.v',
    });
  });
});

describe('is refused at publish', () => {
  test.each([
    '{{signal.trace_parent}}',
    '{{signal.__proto__}}',
    '{{signal.constructor.name}}',
    '{{signal.payload}}',
    '{{signal.payload.v | upper}}',
    '{{#if signal.repo_id}}',
    '{{actor.email}}',
    '{{process.env}}',
    '{{recent.count("commit_pushed")}}',
    '{{recent.count("commit_pushed", "31d")}}',
    '{{recent.count("commit_pushed", 7)}}',
    '{{recent.distinct("author", "x", "7d")}}',
    '{{recent.score("x")}}',
    '{{open',
    'close}}',
    '{{}}',
  ])('%s', (source) => {
    expect(compileTemplate(source, 'here')).toMatchObject({ ok: false, findings: [{ path: 'here' }] });
  });
});
