import { describe, expect, test } from '@jest/globals';
import { diffPlaybooks } from '../../../src/domain/playbook/diff-playbooks.ts';
import type { Playbook } from '../../../src/domain/playbook/model.ts';
import {
  aMentor,
  aMultiplier,
  anAction,
  aPlaybook,
  aTrigger,
  DAY,
  HOUR,
  type PlaybookChange,
} from '../decision/given.ts';

const of = (change: PlaybookChange, when: string | null = null): Playbook => ({ ...aPlaybook(change).playbook, when });
const words = (before: Playbook, after: Playbook): readonly string[] =>
  diffPlaybooks(before, after).map((change) => `${change.path}: ${change.words}`);

describe('what changes for a reader', () => {
  test.each<[string, Playbook, Playbook, string[]]>([
    [
      'triggers, whatever their order',
      of({ triggers: [aTrigger(), aTrigger({ eventType: 'pr_opened', minSeverity: 'low' })] }),
      of({ triggers: [aTrigger({ eventType: 'pr_*', repos: ['b', 'a'] }), aTrigger()] }),
      [
        'triggers: is no longer triggered by pr_opened, severity low or above',
        'triggers: is now triggered by pr_*, in a or b',
      ],
    ],
    [
      'terms of the condition, whatever their order and spacing',
      of({}, 'a == 1 && recent.count("x", "7d") >= 3 && c'),
      of({}, 'c   &&\n recent.count("x", "7d") >= 2 && a == 1'),
      ['when: no longer wants recent.count("x", "7d") >= 3', 'when: now also wants recent.count("x", "7d") >= 2'],
    ],
    [
      'a condition where there was none',
      of({}),
      of({}, 'signal.payload.is_fix'),
      ['when: now also wants signal.payload.is_fix'],
    ],
    [
      'limits, and which way they go',
      of({ limits: { cooldownMs: 4 * HOUR, perActorPerDay: 2, perRepoPerDay: 5 } }),
      of({ limits: { cooldownMs: 2 * DAY, perActorPerDay: 3 } }),
      [
        'limits.cooldown: least time between two: 4h -> 2d (fewer nudges)',
        'limits.per_actor_per_day: most a day for one person: 2 -> 3 (more nudges)',
        'limits.per_repo_per_day: most a day in one repository: 5 -> none (more nudges)',
      ],
    ],
    [
      'importance and deferral',
      of({}),
      of({ tier: 'high', deferral: { mode: 'defer', expiresAfterMs: 4 * HOUR } }),
      [
        'tier: importance: normal -> high',
        'deferral.mode: what only time stands against is: dropped -> put off',
        'deferral.expires_after: a nudge stands or waits for: 1d -> 4h',
      ],
    ],
    [
      'texts, on the surfaces on which they are read, and surfaces',
      of({ actions: [anAction({ surfaces: ['ide', 'ci'] })] }),
      of({
        actions: [anAction({ surfaces: ['ide', 'alert'], template: { title: 'T', body: 'Counted in this push.' } })],
      }),
      [
        'actions[0].surfaces: mirror no longer appears on ci',
        'actions[0].surfaces: mirror now also appears on alert',
        'actions[0].template.title: mirror on ide: title "{{signal.payload.files_changed}} files changed, none of them tests" -> "T"',
      ],
    ],
    [
      'an action that came and one that went',
      of({ actions: [anAction(), aMentor()] }),
      of({ actions: [anAction(), aMultiplier({ surfaces: ['ci'] })] }),
      [
        'actions[1]: no longer says mentor on ide: "A thought on tests"',
        'actions[1]: now also says multiplier on ci: "add-test-skeleton"; it runs only with the person\'s consent',
      ],
    ],
    [
      'what is consented to, and by whom',
      of({ actions: [aMultiplier()] }),
      of({ actions: [aMultiplier({ actionRef: 'other', dualChannel: true })] }),
      [
        'actions[0].action_ref: multiplier: consent is now asked for "other", was "add-test-skeleton"',
        "actions[0].dual_channel: multiplier now needs the person's consent and a second person's approval, needed the person's consent",
      ],
    ],
    ['its name and owner', of({}), of({ owner: 'me' }), ['owner: owner: platform -> me']],
  ])('%s', (_name, before, after, expected) => {
    expect(words(before, after)).toEqual(expected);
    // Read backwards, each change is the other way round.
    const back = diffPlaybooks(after, before).map((change) => [change.after, change.before]);
    const there = diffPlaybooks(before, after).map((change) => [change.before, change.after]);
    expect(back.map(String).sort()).toEqual(there.map(String).sort());
  });

  test('nothing', () => {
    expect(
      words(of({ actions: [anAction(), aMentor()] }, 'a && b'), of({ actions: [anAction(), aMentor()] }, 'b && a')),
    ).toEqual([]);
  });
});
