import { describe, expect, test } from '@jest/globals';
import { createCelCompiler } from '../../../src/adapters/cel/cel-compiler.ts';
import { lintPlaybook } from '../../../src/domain/playbook/lint-playbook.ts';
import { parsePlaybook } from '../../../src/domain/playbook/parse-playbook.ts';
import { EVENT_TYPES } from '../../../src/generated/event-types.ts';

const conditions = createCelCompiler();
const lint = (change: object): readonly string[] => {
  const parsed = parsePlaybook(
    {
      id: 'a',
      name: 'A',
      owner: 'o',
      triggers: [{ event_type: 'commit_pushed' }],
      actions: [{ type: 'mirror', surfaces: ['ide'], template: { title: 'A fact', body: 'Counted.' } }],
      ...change,
    },
    1,
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings));
  return lintPlaybook(parsed.playbook, EVENT_TYPES, conditions).map(
    (one) => `${one.path}: ${one.message} -> ${one.remedy}`,
  );
};
const said = (type: string, title: string, more: object = {}): object => ({
  actions: [{ type, surfaces: ['ide'], template: { title, body: 'Counted.' }, ...more }],
});
const RATIONALE = { rationale: { why_relevant: 'Counted here.', evidence: ['signal'] } };

test('a sound playbook has no finding', () => {
  expect(
    lint({
      when: 'signal.payload.test_files == 0 && signal.severity != "critical" && recent.count("commit_*", "7d") > 2',
    }),
  ).toEqual([]);
});

describe('finds', () => {
  test.each([
    [
      'an event type nobody sends',
      { triggers: [{ event_type: 'comit_pushed' }] },
      'triggers[0].event_type: no source sends comit_pushed -> did you mean commit_pushed?',
    ],
    [
      'a misspelt payload key, which the evaluator lets pass',
      { when: 'signal.payload.tests_files == 0' },
      'when: no trigger of this playbook carries signal.payload.tests_files -> did you mean test_files?',
    ],
    [
      'a misspelt key of has()',
      { when: 'has(signal.payload.test_flies)' },
      'when: no trigger of this playbook carries signal.payload.test_flies -> did you mean test_files?',
    ],
    [
      'a misspelt type in recent',
      { when: 'recent.count("pr_mergd", "7d") > 1' },
      'when: no source sends pr_mergd, which recent counts -> did you mean pr_merged?',
    ],
    [
      'severities compared by letter',
      { when: 'signal.severity >= "medium"' },
      'when: signal.severity >= compares letters, not rank -> use min_severity of the trigger, or in [...]',
    ],
    [
      'a word that never comes',
      { when: 'signal.severity == "urgent"' },
      'when: signal.severity is never "urgent" -> use one of info, low, medium, high, critical',
    ],
    [
      'a word in a list that never comes',
      { when: 'signal.severity in ["high", "urgent"]' },
      'when: signal.severity is never "urgent" -> use one of info, low, medium, high, critical',
    ],
    [
      'a number compared with a text, which the evaluator lets pass',
      { when: 'signal.payload.test_files == "0"' },
      'when: signal.payload.test_files is a number, and == here wants a string -> compare it with a number',
    ],
    [
      'a number used as yes or no',
      { when: 'signal.payload.is_fix && !signal.payload.test_files' },
      'when: signal.payload.test_files is a number, and ! here wants a boolean -> compare it with a number',
    ],
    [
      'an event type that does not trigger it',
      { when: 'signal.event_type == "pr_mergd"' },
      'when: no trigger of this playbook fits pr_mergd -> did you mean pr_merged?',
    ],
    [
      'a comparison with a named colleague',
      said('mentor', 'You pushed more fixes than Maria', RATIONALE),
      'actions[0].template.title: says "more fixes than Maria" (comparison) -> speak of this work alone; nobody is compared with anybody',
    ],
    [
      'a comparison with a handle',
      said('mirror', 'Twice as many reverts, unlike @maria'),
      'actions[0].template.title: says "unlike @maria" (comparison) -> speak of this work alone; nobody is compared with anybody',
    ],
    [
      'a multiplier without a place to agree',
      {
        actions: [
          {
            type: 'multiplier',
            surfaces: ['alert'],
            action_ref: 'x',
            template: { title: 'An offer', body: 'Counted.' },
          },
        ],
      },
      'actions[0].surfaces: leave no place for consent -> add ide or ci: that is where a person can agree',
    ],
    [
      'a condition that does not compile',
      { when: 'signal.foo == 1' },
      'when: is not a valid condition: No such key: foo -> mend the CEL expression',
    ],
    [
      'a key of a template that nobody sends',
      said('mirror', '{{signal.payload.file_changed}}'),
      'actions[0].template.title: no trigger of this playbook carries signal.payload.file_changed -> did you mean files_changed?',
    ],
    [
      'a type of recent in a template',
      said('mirror', '{{recent.distinct("file", "file_edit", "7d")}}'),
      'actions[0].template.title: no source sends file_edit, which recent counts -> did you mean file_edited?',
    ],
    [
      'advice in a mirror (R-24)',
      said('mirror', 'You should add tests'),
      'actions[0].template.title: says "should" (prescriptive) -> state the fact and leave the conclusion to the reader, or make it a mentor',
    ],
    [
      'urgency in a mentor',
      said('mentor', 'Add a test immediately', RATIONALE),
      'actions[0].template.title: says "immediately" (urgency) -> say what happened; the reader knows what is pressing',
    ],
    [
      'a mentor without its reason (R-28)',
      said('mentor', 'A thought'),
      'actions[0].rationale: is missing in a mentor -> say why it was proposed, tied to evidence (R-28)',
    ],
    [
      'a mentor without evidence',
      said('mentor', 'A thought', { rationale: { why_relevant: 'So.' } }),
      'actions[0].rationale.evidence: names no evidence -> name signal, recent or both (R-31)',
    ],
  ])('%s', (_name, change, message) => {
    expect(lint(change)).toEqual([message]);
  });

  test('an unknown variable', () => {
    expect(lint(said('mirror', '{{signal.owner}}'))[0]).toContain(
      'actions[0].template.title: {{signal.owner}} is not a known variable',
    );
  });
  test('a mentor of model text alone', () => {
    const action = { type: 'mentor', surfaces: ['ide'], model: { system_prompt_id: 'm' }, ...RATIONALE };
    expect(lint({ actions: [action] })[0]).toContain('actions[0].template: is missing');
  });
});

test('a mentor may advise', () => {
  expect(lint(said('mentor', 'You should find this easier with a test', RATIONALE))).toEqual([]);
});
test('words of a value are not ours', () => {
  expect(lint({ when: 'signal.file_path.contains("must")' })).toEqual([]);
});
