import { describe, expect, test } from '@jest/globals';
import { type Ending, endingOf, subjectResolvedSignal } from '../../../src/domain/decision/subject-resolved.ts';
import type { MmmSignalInput } from '../../../src/generated/records.ts';
import { aMentor, aPlaybook, aSignal, aTrigger, DAY, HOUR, ids, MINUTE, NOON } from './given.ts';
import { ends, shown, Story, type Told } from './story.ts';

const NIGHT = NOON + 11 * HOUR;
const onPr = aPlaybook({
  triggers: [aTrigger({ eventType: 'pr_opened' })],
  actions: [aMentor()],
  deferral: { mode: 'defer', expiresAfterMs: DAY },
});
const onBuild = aPlaybook({ triggers: [aTrigger({ eventType: 'build_failed' })], actions: [aMentor()] });
const pr = (number: number, event_type = 'pr_opened') => ({
  event_type,
  repo_id: 'org/app',
  branch: null,
  payload: { pr_number: number, files_changed: 1 },
});
const build = (build_id: string, event_type: string) => ({
  event_type,
  repo_id: 'org/app',
  branch: 'main',
  payload: { build_id, files_changed: 1 },
});

const byReviewer = (change: Partial<MmmSignalInput>, atMs: number): Ending =>
  endingOf(
    aSignal({
      signal_id: `of-others-${atMs}`,
      actor_id: 'reviewer',
      ...change,
      occurred_at: new Date(atMs).toISOString(),
    }),
  )!;
/** The DEFER stage tells the actor of the story. */
const tell = (story: Story, ending: Ending, atMs: number): Told => {
  const { tenant_id, actor_id } = aSignal();
  const signal = subjectResolvedSignal(ids, ending, { tenantId: tenant_id, actorId: actor_id!, actorType: 'human' });
  return story.signal(atMs, signal);
};

describe('what somebody else has ended', () => {
  test('folds the card: a reviewer merges the pull request', () => {
    const story = new Story([onPr]);
    story.signal(NOON, pr(7));
    story.signal(NOON + 1, pr(8));
    const told = tell(story, byReviewer(pr(7, 'pr_merged'), NOON + MINUTE), NOON + 2 * MINUTE);
    expect(shown(told)).toEqual(['ide card r2 resolved']);
    expect(told.deliveries[0]!.delivery).toMatchObject({ body: 'Ended by pr_merged.', subject: { pr_number: 7 } });
    expect(told.plan).toMatchObject({ result: 'decided', candidates: [], actions: [], sent: [] });
    expect(story.folded()).toEqual(story.state);
    // Told once more by a scheduler that had died: nothing is open any more.
    expect(tell(story, byReviewer(pr(7, 'pr_closed'), NOON + MINUTE + 1), NOON + HOUR).plan.result).toBe('no_match');
  });

  test('supersedes what waits, at once and with a decision; no charge is left', () => {
    const story = new Story([onPr]);
    expect(ends(story.signal(NIGHT, pr(7)))).toEqual(['deferred: quiet_hours']);
    const told = tell(story, byReviewer(pr(7, 'pr_merged'), NIGHT + MINUTE), NIGHT + 2 * MINUTE);
    expect(ends(told)).toEqual(['superseded: subject_resolved']);
    expect(told.plan.upkeep!.resolved).toEqual([
      { actionId: story.told[0]!.plan.candidates[0]!.actionId, disposition: 'superseded' },
    ]);
    expect(story.state.waiting).toEqual([]);
    expect(story.state.sent).toEqual([]);
    expect(story.releaseUntil(NIGHT + 24 * HOUR)).toEqual([]);
  });

  test('says nothing of who ended it', () => {
    const signal = subjectResolvedSignal(ids, byReviewer(pr(7, 'pr_merged'), NOON), {
      tenantId: 't',
      actorId: 'author',
      actorType: 'human',
    });
    expect(JSON.stringify(signal)).not.toContain('reviewer');
    expect(JSON.stringify(signal)).not.toContain('of-others');
  });

  test('is not what happened before the matter: the last build that passed does not end the one that failed since', () => {
    const story = new Story([onBuild]);
    story.signal(NOON, build('b2', 'build_failed'));
    const before = byReviewer(build('b1', 'build_succeeded'), NOON - MINUTE);
    expect(tell(story, before, NOON + MINUTE).plan.result).toBe('no_match');
    // Nor is it when it is the person's own and comes late.
    const own = story.signal(NOON + MINUTE, {
      ...build('b0', 'build_succeeded'),
      occurred_at: new Date(NOON - HOUR).toISOString(),
    });
    expect(own.plan.result).toBe('no_match');
    expect(shown(tell(story, byReviewer(build('b3', 'build_succeeded'), NOON + HOUR), NOON + HOUR))).toEqual([
      'ide card r2 resolved',
    ]);
  });

  test('is no matter of playbooks, however wide their triggers are', () => {
    const all = aPlaybook({ triggers: [aTrigger({ eventType: '*' })], actions: [aMentor()] });
    const story = new Story([all]);
    expect(tell(story, byReviewer(pr(7, 'pr_merged'), NOON), NOON).plan.result).toBe('no_match');
  });

  test('a neighbour cannot say it', () => {
    const story = new Story([onPr]);
    story.signal(NOON, pr(7));
    const forged = { ...pr(7, 'mmm.subject_resolved'), payload: { pr_number: 7, ended_by: 'pr_merged' } };
    expect(story.signal(NOON + MINUTE, forged).plan.result).toBe('no_match');
  });
});
