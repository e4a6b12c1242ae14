import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { clipped, singleSpaced } from '../../../src/domain/action/reason.ts';
import { surfacePayload } from '../../../src/domain/action/surface-payload.ts';
import type { PlannedAction } from '../../../src/domain/decision/planned.ts';
import type { PlaybookAction } from '../../../src/domain/playbook/model.ts';
import { aMentor, aMultiplier, anAction, aPlaybook, DAY, type Given, NOON, planned } from '../decision/given.ts';

const sent = (action: PlaybookAction, given: Given = {}): PlannedAction => {
  const made = planned({ ...given, playbooks: [aPlaybook({ actions: [action] })] });
  if (made.actions.length !== 1)
    throw new Error(JSON.stringify(made.candidates[0]?.verdicts.filter(({ pass }) => !pass)));
  return made.actions[0]!;
};
const pushes = (...daysAgo: number[]): Given => ({
  state: {
    recent: daysAgo.map((days) => ({
      atMs: NOON - days * DAY,
      type: 'commit_pushed',
      repo: 'org/app',
      branch: 'main',
      file: null,
      subject: null,
    })),
  },
});

describe('a Mirror', () => {
  test('is complete with no model text: what the playbook wrote, filled in (R-24, R-26)', () => {
    expect(sent(anAction()).payloads.ide).toEqual({
      variant: 'card',
      title: '7 files changed, none of them tests',
      body: 'Counted in this push.',
      cta: null,
    });
  });
});

describe('a Mentor', () => {
  test('says its advice and why it was proposed, with what was counted against the week before (R-28)', () => {
    const rationale = {
      whyRelevant: '{{recent.count("commit_pushed", "7d")}} pushes without tests in 7 days',
      evidence: ['signal', 'recent'] as const,
    };
    const action = sent(aMentor({ rationale }), pushes(9, 8, 5, 2));
    expect(action.payloads.ide?.body).toBe('A small test now is cheap.\n\nWhy: 3 pushes without tests in 7 days');
    expect(action.rationale).toMatchObject({
      summary: 'A thought on tests',
      whyRelevant: '3 pushes without tests in 7 days',
      baselineComparison: '3 in the last 7 days, 2 in the 7 days before',
    });
    expect(action.rationale.evidenceLinks.map(({ type }) => type)).toEqual(['signal', 'recent']);
    expect(action.reason).toBe('tests-missing/3: 3 pushes without tests in 7 days');
  });

  test('without a rationale of its own still says what was counted', () => {
    expect(sent(aMentor(), pushes(2)).reason).toBe('tests-missing/3: commit_pushed: 2 in the last 7 days');
  });

  test('claims no baseline from a memory that is cut short', () => {
    expect(sent(aMentor(), pushes(...Array<number>(512).fill(1))).rationale.baselineComparison).toBeNull();
  });
});

describe('a Multiplier', () => {
  test('is an offer that always needs consent, whatever the playbook says (R-34, D-35)', () => {
    const action = sent({ ...aMultiplier({ dualChannel: true }), ...({ requiresConsent: false } as object) });
    expect(action).toMatchObject({ requiresConsent: true, dualChannelRequired: true, actionRef: 'add-test-skeleton' });
    expect(action.payloads.ide?.cta).toEqual({ label: 'Review and run', action_ref: 'add-test-skeleton', href: null });
    expect(action.payloads.ide?.body).toContain('runs only after you agree');
  });

  test('keeps its own words, and dual channel is off unless asked for', () => {
    const action = sent(aMultiplier({ template: { title: 'A test skeleton', body: 'For the 7 files.' } }));
    expect(action.payloads.ide?.title).toBe('A test skeleton');
    expect(action.dualChannelRequired).toBe(false);
  });

  test('is the only one that needs consent or can be run', () => {
    const action = sent(anAction({ actionRef: 'sneaky', dualChannel: true }));
    expect(action).toMatchObject({ requiresConsent: false, dualChannelRequired: false, actionRef: null });
    expect(action.payloads.ide?.cta).toBeNull();
  });
});

describe('each surface has its own form of the same content (R-47, D-70)', () => {
  const template = {
    title: 'In {{signal.branch}}',
    body: 'First *fact* of @someone.\n\nSecond fact, with more to read in full.',
  };
  const action = sent(anAction({ surfaces: ['ide', 'ci', 'alert'], template }), {
    signal: { severity: 'high', branch: 'a_b_<x>' },
  });

  test('one text per surface, none overwrites another', () => {
    expect(Object.keys(action.payloads)).toEqual(['ide', 'ci', 'alert']);
    expect(Object.values(action.payloads).map(({ variant }) => variant)).toEqual([
      'card',
      'check-summary',
      'notification',
    ]);
  });

  test('the IDE card in full and as it is', () => {
    expect(action.payloads.ide).toMatchObject({ title: 'In a_b_<x>', body: template.body });
  });

  test('the check summary compact, Markdown, HTML and mentions escaped', () => {
    expect(action.payloads.ci?.title).toBe('In a\\_b\\_&lt;x&gt;');
    expect(action.payloads.ci?.body).not.toMatch(/@someone|\n\n|(?<!\\)\*/);
    expect(action.payloads.ci?.body).toContain('Second fact');
  });

  test('the notification short: the first paragraph only', () => {
    expect(action.payloads.alert?.body).toBe('First *fact* of @someone.');
  });

  test('long texts are cut before they are escaped', () => {
    const content = {
      title: 't'.repeat(300),
      body: '_'.repeat(5000),
      whyRelevant: 'w',

      reason: 'r',
      cta: null,
      showWhy: true,
    };
    expect(surfacePayload(content, 'ide').title).toHaveLength(200);
    expect(surfacePayload(content, 'ide').body).toBe(`${'_'.repeat(3997)}...\n\nWhy: w`);
    expect(surfacePayload(content, 'ci').body).toBe(`${'\\_'.repeat(997)}...\n\nWhy: w`);
    expect(surfacePayload(content, 'alert').body).toHaveLength(200);
    expect(surfacePayload(content, 'alert').title).toHaveLength(80);
  });
});

describe('what goes with every action', () => {
  test('a reason in one line, a way to turn it off, a time it ends', () => {
    const action = sent(
      anAction({ rationale: { whyRelevant: `first\nsecond ${'x'.repeat(400)}`, evidence: ['signal'] } }),
    );
    expect(action.reason).toMatch(/^tests-missing\/3: first second x+\.\.\.$/);
    expect(action.reason.length).toBeLessThanOrEqual(200);
    expect(action.optOutHint).toContain('turn this kind off');
    expect(action.expiresAtMs).toBe(NOON + DAY);
  });

  test("evidence that the reader can open: the producer's page if it has one over https, else our record", () => {
    const href = (url: string): string | undefined =>
      sent(anAction(), { signal: { payload: { files_changed: 1, url } } }).rationale.evidenceLinks[0]?.href;
    expect(href('https://forge.example/pr/7')).toBe('https://forge.example/pr/7');
    expect(href('javascript:alert(1)')).toMatch(/^\/v1\/mmm\/decisions\/[0-9a-f-]{36}$/);
    expect(href('http://plain.example/')).toMatch(/^\/v1\/mmm\/decisions\//);
  });

  test('a digest of what is said and offered: other words, another digest; another signal, the same', () => {
    const hash = (action: PlaybookAction, given: Given = {}): string => sent(action, given).payloadHash;
    expect(hash(anAction())).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(hash(anAction(), { signal: { signal_id: 'another' } })).toBe(hash(anAction()));
    expect(hash(anAction(), { signal: { payload: { files_changed: 8 } } })).not.toBe(hash(anAction()));
    expect(hash(aMultiplier({ dualChannel: true }))).not.toBe(hash(aMultiplier()));
  });
});

test('a cut never halves a character and falls on a word where one is near', () => {
  expect(clipped('one two three four', 12)).toBe('one two...');
  expect(clipped('\u{1f600}'.repeat(20), 10)).toBe(`${'\u{1f600}'.repeat(7)}...`);
  expect(clipped('short', 5)).toBe('short');
});

test('every run of white space is one space', () => {
  const parts = fc.constantFrom(' ', '  ', '\n', '\t', '\u00a0', '\u2028', 'a', 'b c');
  fc.assert(
    fc.property(fc.array(parts), (some) => singleSpaced(some.join('')) === some.join('').replace(/\s+/g, ' ')),
    { numRuns: 500 },
  );
});
