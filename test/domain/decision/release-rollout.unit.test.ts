import { describe, expect, test } from '@jest/globals';
import { plan } from '../../../src/domain/decision/plan.ts';
import type { ContextFacts, Plan } from '../../../src/domain/decision/planned.ts';
import { assignArm } from '../../../src/domain/experiment/assign.ts';
import type { CompiledPlaybook } from '../../../src/domain/playbook/model.ts';
import type { TenantRules } from '../../../src/domain/rules.ts';
import { NO_CONTEXT } from '../../../src/entrypoints/no-context.ts';
import { anExperiment } from '../experiment/given.ts';
import { aPlaybook, DAY, HOUR, ids, NOON, rulesOf, vetoesOf } from './given.ts';
import { Story } from './story.ts';

const quiet = { quietHours: { startMinute: 11 * 60, endMinute: 13 * 60, days: {} } };
const deferring = (version = 3): CompiledPlaybook =>
  aPlaybook({ version, deferral: { mode: 'defer', expiresAfterMs: DAY } });

/** Somebody for whom something waits, promised by version 3, and how it ends two hours later. */
const released = (
  actor_id: string,
  playbooks: readonly CompiledPlaybook[],
  change: Partial<TenantRules> = {},
  contexts: { own?: ContextFacts; original?: ContextFacts } = {},
): Plan => {
  const story = new Story([deferring()], quiet);
  story.signal(NOON, { actor_id });
  const waiting = story.state.waiting[0]!;
  return plan({
    signal: story.reentryOf(waiting),
    state: story.state,
    rules: { ...rulesOf(playbooks, quiet), ...change },
    context: contexts.own ?? NO_CONTEXT,
    decidedAtMs: NOON + 2 * HOUR,
    ids,
    originals: story.originals,
    ...(contexts.original === undefined ? {} : { originalContexts: new Map([[waiting.actionId, contexts.original]]) }),
  });
};
const endOf = (made: Plan): string => `${made.candidates[0]!.disposition}: ${made.candidates[0]!.reasonCode}`;

const experiment = anExperiment();
const experimenting = (onHold = false): Partial<TenantRules> => ({
  experiments: new Map([['tests-missing', { experiment, onHold, publishedVersion: 3 }]]),
});
const inArm = (name: string): string =>
  Array.from({ length: 60 }, (_, n) => `dev${n}`).find((one) => assignArm(ids, 'acme', experiment, one).name === name)!;

describe('a promise under an experiment that began while it waited', () => {
  const both = [deferring(3), deferring(4)];

  test('is kept to who is given that version, with arm and propensity recorded', () => {
    const made = released(inArm('control'), both, experimenting());
    expect(endOf(made)).toBe('delivered: sent');
    expect(made.assignments).toMatchObject([{ experimentId: 'shorter-text', arm: 'control', propensity: 0.5 }]);
  });

  test('is superseded for who is given another version now', () => {
    expect(endOf(released(inArm('short'), both, experimenting()))).toBe('superseded: playbook_changed');
  });

  test('is not said to a holdout, nor to anybody on hold, and charges nothing', () => {
    const holdout = released(inArm('silence'), both, experimenting());
    expect([endOf(holdout), holdout.sent, holdout.actions]).toEqual(['suppressed: holdout', [], []]);
    expect(endOf(released(inArm('control'), both, experimenting(true)))).toBe('suppressed: experiment_on_hold');
  });
});

describe('a promise of a playbook', () => {
  test('that is on probation since is not kept', () => {
    const made = released('dev1', [{ ...deferring(), shadow: 'probation' }]);
    expect([endOf(made), made.sent]).toEqual(['suppressed: shadow', []]);
  });

  test('is kept when a shadow runs beside it, and not when only a shadow is left', () => {
    const shadow = { ...deferring(4), shadow: 'mode' as const };
    expect(endOf(released('dev1', [deferring(3), shadow]))).toBe('delivered: sent');
    expect(endOf(released('dev1', [shadow]))).toBe('superseded: playbook_deprecated');
  });
});

describe('a promise during an incident', () => {
  const incident: ContextFacts = { ...NO_CONTEXT, incidentActive: true };

  test('is judged by what concerns its own signal, not the re-entry: an incident of its repository mutes it', () => {
    const made = released('dev1', [deferring()], {}, { own: NO_CONTEXT, original: incident });
    expect(vetoesOf(made.candidates[0]!)[0]).toMatchObject({ gate: 'inhibition', code: 'incident_active' });
    expect(endOf(released('dev1', [deferring()], {}, { own: incident, original: NO_CONTEXT }))).toBe('delivered: sent');
  });
});
