import { describe, expect, test } from '@jest/globals';
import { JITTER_MAX_MS, jitterMs } from '../../../src/domain/decision/deferral.ts';
import type { PlaybookChange } from './given.ts';
import { aMentor, anAction, aPlaybook, aTrigger, DAY, HOUR, ids, MINUTE, NOON } from './given.ts';
import { ends, shown, Story } from './story.ts';

const NIGHT = NOON + 11 * HOUR;
const SIX = NOON + 18 * HOUR;
const JITTER = jitterMs(ids, { tenantId: 'acme', actorId: 'dev1' });

const later = (id: string, change: PlaybookChange = {}) =>
  aPlaybook({ id, deferral: { mode: 'defer', expiresAfterMs: DAY }, ...change });
const pr = (number: number) => ({ repo_id: 'org/app', branch: null, payload: { pr_number: number, files_changed: 1 } });

describe('a candidate in quiet hours', () => {
  test('waits until they end, is charged nothing meanwhile, and is said then', () => {
    const story = new Story([later('a')]);
    const night = story.signal(NIGHT);
    expect(ends(night)).toEqual(['deferred: quiet_hours']);
    expect(night.decision.candidates[0]).toMatchObject({
      until: new Date(SIX + JITTER).toISOString(),
      continues: null,
    });
    expect(night.deliveries).toEqual([]);
    expect(story.state.sent).toEqual([]);

    const [morning] = story.releaseUntil(SIX + JITTER_MAX_MS);
    expect(ends(morning!)).toEqual(['delivered: sent']);
    expect(shown(morning!)).toEqual(['ide card r1 live !']);
    expect(morning!.decision.candidates[0]!.continues).toBe(night.plan.candidates[0]!.actionId);
    expect(story.state.sent.map(({ atMs }) => atMs)).toEqual([SIX + JITTER]);
    expect(story.state.waiting).toEqual([]);
    expect(story.folded()).toEqual(story.state);
  });

  test('of another actor is released at another moment, within ten minutes, and always the same', () => {
    const moments = Array.from({ length: 100 }, (_, n) => jitterMs(ids, { tenantId: 'acme', actorId: `dev${n}` }));
    expect(new Set(moments).size).toBeGreaterThan(90);
    for (const ms of moments) expect(ms >= 0 && ms < JITTER_MAX_MS).toBe(true);
    expect(moments[1]).toBe(JITTER);
  });

  test('is not counted a second time in recent, and its windows end now', () => {
    const counts: number[] = [];
    const met = (environment: Parameters<NonNullable<PlaybookChange['met']>>[0]) => {
      counts.push(
        environment.recent.count('commit_pushed', DAY, null),
        environment.recent.count('commit_pushed', HOUR, null),
      );
      return { met: true } as const;
    };
    const story = new Story([later('a', { met })]);
    story.signal(NIGHT);
    story.releaseUntil(SIX + DAY);
    expect(counts).toEqual([1, 1, 1, 0]);
  });
});

describe('at its release a candidate is decided again against now', () => {
  const deferred = () => {
    const story = new Story([later('a', { triggers: [aTrigger({ eventType: 'pr_opened' })] })]);
    story.signal(NIGHT, { event_type: 'pr_opened', ...pr(7) });
    expect(story.state.waiting).toHaveLength(1);
    return story;
  };
  const morning = (story: Story): string[] => story.releaseUntil(SIX + JITTER_MAX_MS).flatMap(ends);

  test.each(['pr_merged', 'pr_closed'])('its pull request has seen %s: superseded', (event_type) => {
    const story = deferred();
    story.signal(NIGHT + HOUR, { event_type, ...pr(7) });
    expect(morning(story)).toEqual(['superseded: subject_resolved']);
    expect(story.deliveries).toEqual([]);
  });
  test('also when the merge came in first, and after so many signals that nothing recent tells of it', () => {
    const early = new Story([later('a', { triggers: [aTrigger({ eventType: 'pr_opened' })] })]);
    early.signal(NIGHT + HOUR, { event_type: 'pr_merged', ...pr(7) });
    early.signal(NIGHT + HOUR, { event_type: 'pr_opened', occurred_at: new Date(NIGHT).toISOString(), ...pr(7) });
    expect(morning(early)).toEqual(['superseded: subject_resolved']);

    const busy = deferred();
    busy.signal(NIGHT + MINUTE, { event_type: 'pr_merged', ...pr(7) });
    for (let n = 0; n < 600; n += 1) busy.signal(NIGHT + HOUR + n, { event_type: 'file_edited', branch: null });
    expect(busy.state.recent.some(({ type }) => type === 'pr_merged')).toBe(false);
    expect(morning(busy)).toEqual(['superseded: subject_resolved']);
  });
  test('another pull request was merged: said', () => {
    const story = deferred();
    story.signal(NIGHT + HOUR, { event_type: 'pr_merged', ...pr(8) });
    expect(morning(story)).toEqual(['delivered: sent']);
  });
  test('the person has opted out meanwhile: superseded', () => {
    const story = deferred();
    story.prefer({ optOutCategories: ['a'] });
    expect(morning(story)).toEqual(['superseded: opted_out']);
  });
  test('the playbook is deprecated, or another version: superseded', () => {
    const gone = deferred();
    gone.playbooks = [];
    expect(morning(gone)).toEqual(['superseded: playbook_deprecated']);
    const changed = deferred();
    changed.playbooks = [later('a', { version: 4, triggers: [aTrigger({ eventType: 'pr_opened' })] })];
    expect(morning(changed)).toEqual(['superseded: playbook_changed']);
  });
  test('the condition no longer holds, or policy forbids it: suppressed by that gate', () => {
    const story = deferred();
    story.policy = { enabledActionTypes: [] };
    expect(morning(story)).toEqual(['suppressed: action_type_disabled']);
  });
  test('it has expired while the engine stood still: expired, whatever else holds', () => {
    const story = deferred();
    expect(ends(story.release(story.state.waiting[0]!, NIGHT + DAY))).toEqual(['expired: expired']);
    expect(story.state.waiting).toEqual([]);
  });
  test('the person sleeps longer, by a snooze: put off again until it ends, as the next attempt', () => {
    const story = deferred();
    const { actionId, sinceMs } = story.state.waiting[0]!;
    story.prefer({ snoozeUntilMs: SIX + 3 * HOUR });
    expect(morning(story)).toEqual(['deferred: snoozed']);
    expect(story.state.waiting).toMatchObject([
      { attempt: 2, sinceMs, dueMs: SIX + 3 * HOUR + JITTER, expiresMs: NIGHT + DAY },
    ]);
    expect(story.state.waiting[0]!.actionId).not.toBe(actionId);
    expect(story.releaseUntil(SIX + 4 * HOUR).flatMap(ends)).toEqual(['delivered: sent']);
  });
  test('what would be put off beyond its expiry has expired', () => {
    const story = deferred();
    story.prefer({ snoozeUntilMs: NIGHT + 2 * DAY });
    expect(morning(story)).toEqual(['expired: expires_first']);
  });
  test('its signal is gone: nothing is made up', () => {
    const story = deferred();
    const waiting = story.state.waiting[0]!;
    const reentry = story.reentryOf(waiting);
    story.originals.clear();
    story.originals.set('another', reentry);
    story.reentryOf = () => reentry;
    expect(ends(story.release(waiting))).toEqual(['superseded: signal_gone']);
  });
  test('a re-entry whose candidate is decided already finds nothing', () => {
    const story = deferred();
    const waiting = story.state.waiting[0]!;
    story.release(waiting);
    expect(story.release(waiting).plan).toMatchObject({ result: 'no_match', candidates: [], sent: [] });
  });
  test('a node whose clock is behind decides by the due time of the signal, because its id is used only once', () => {
    const story = deferred();
    expect(ends(story.release(story.state.waiting[0]!, SIX - MINUTE))).toEqual(['deferred: quiet_hours']);
    expect(story.state.waiting).toMatchObject([{ attempt: 2, dueMs: SIX + JITTER }]);
  });
});

describe('what is released together', () => {
  const night = (story: Story, ...numbers: number[]): void => {
    for (const [n, number] of numbers.entries()) story.signal(NIGHT + n, { ...pr(number) });
  };

  test('is one digest for each surface, each item charged, the most important first', () => {
    const story = new Story([
      later('low', { tier: 'low', actions: [anAction({ surfaces: ['ide', 'ci'] })] }),
      later('high', { tier: 'high' }),
    ]);
    night(story, 7);
    const [morning, ...more] = story.releaseUntil(SIX + HOUR);
    expect(more).toEqual([]);
    expect(ends(morning!)).toEqual(['digested: sent', 'digested: sent']);
    expect(shown(morning!)).toEqual(['ci check-summary r1 live !', 'ide digest r1 live !']);
    const digest = morning!.deliveries.find(({ delivery }) => delivery.variant === 'digest')!.delivery;
    expect(digest.items.map((item) => item.action_id)).toEqual(morning!.plan.actions.map((action) => action.actionId));
    expect(digest).toMatchObject({ playbook_id: 'high', title: '2 notes, kept for a better moment' });
    expect(story.state.sent).toHaveLength(2);
    expect(new Set(morning!.deliveries.map(({ delivery }) => delivery.delivery_id)).size).toBe(2);
  });

  test('never exceeds a cap: what has no room waits on, by tier, then age', () => {
    const story = new Story([later('low', { tier: 'low' }), later('high', { tier: 'high' })], {
      quotas: { maxActionsPerDay: 10, maxActionsPerHour: 2, perRepoPerDay: 10 },
    });
    night(story, 1, 2, 3);
    const [first, second, third] = story.releaseUntil(SIX + 4 * HOUR);
    const said = (told: typeof first) =>
      told!.plan.actions.map((action) => `${action.playbookId} ${String(action.about.payload['pr_number'])}`);
    expect(said(first)).toEqual(['high 1', 'high 2']);
    expect(said(second)).toEqual(['high 3', 'low 1']);
    expect(said(third)).toEqual(['low 2', 'low 3']);
  });

  test('is in the order of what happened when all came in one batch', () => {
    const story = new Story([later('a')], {
      quotas: { maxActionsPerDay: 10, maxActionsPerHour: 2, perRepoPerDay: 10 },
    });
    const happened = (n: number) => new Date(NIGHT - n * MINUTE).toISOString();
    for (const n of [1, 4, 2, 3]) story.signal(NIGHT, { ...pr(n), occurred_at: happened(n) });
    const [first] = story.releaseUntil(SIX + HOUR);
    expect(first!.plan.actions.map(({ about }) => about.payload['pr_number'])).toEqual([4, 3]);
  });

  test('a cool-down of its playbook holds between two of them too', () => {
    const story = new Story([later('a', { limits: { cooldownMs: 2 * HOUR } })]);
    night(story, 1, 2);
    const [first] = story.releaseUntil(SIX + HOUR);
    expect(ends(first!)).toEqual(['delivered: sent', 'deferred: cooldown']);
    expect(story.releaseUntil(SIX + 3 * HOUR).flatMap(ends)).toEqual(['delivered: sent']);
  });

  test('is the same in whichever order the re-entries come', () => {
    const run = (order: (waiting: Story['state']['waiting']) => Story['state']['waiting']): string => {
      const story = new Story([later('low', { tier: 'low' }), later('high', { tier: 'high', actions: [aMentor()] })]);
      night(story, 1, 2);
      const [first, ...others] = order(story.state.waiting).map((waiting) => story.release(waiting));
      for (const other of others) expect(other.plan.result).toBe('no_match');
      return JSON.stringify(first!.plan.actions.map((action) => [action.playbookId, action.about.payload]));
    };
    expect(run((waiting) => waiting)).toBe(run((waiting) => waiting.toReversed()));
  });
});

describe('the list of what waits', () => {
  test('has a matter once: the newer signal supersedes the older, whose age goes on', () => {
    const story = new Story([later('a')]);
    const first = story.signal(NIGHT);
    const second = story.signal(NIGHT + MINUTE, { payload: { files_changed: 9 } });
    expect(ends(second)).toEqual(['deferred: quiet_hours', 'superseded: newer_signal']);
    expect(second.plan.candidates[1]!.continues).toBe(first.plan.candidates[0]!.actionId);
    expect(story.state.waiting).toMatchObject([{ sinceMs: NIGHT, expiresMs: NIGHT + MINUTE + DAY }]);
    const [morning] = story.releaseUntil(SIX + HOUR);
    expect(morning!.deliveries[0]!.delivery.title).toContain('9 files');
  });

  test('is bounded, and its last places are for higher tiers', () => {
    const fill = (tier: 'low' | 'normal' | 'high', story: Story): string[] => {
      story.playbooks = [later(tier, { tier })];
      return Array.from({ length: 40 }, (_, n) => ends(story.signal(NIGHT + n, pr(n)))[0]!);
    };
    const story = new Story([]);
    const deferred = (reasons: string[]) => reasons.filter((one) => one === 'deferred: quiet_hours').length;
    expect(deferred(fill('low', story))).toBe(16);
    expect(deferred(fill('normal', story))).toBe(8);
    expect(deferred(fill('high', story))).toBe(8);
    expect(fill('high', story).at(-1)).toBe('suppressed: deferral_full');
    expect(story.state.waiting).toHaveLength(32);
  });

  test('takes nothing that could come only after its expiry, nor what quiet without end holds back', () => {
    const short = new Story([later('a', { deferral: { mode: 'defer', expiresAfterMs: HOUR } })]);
    expect(ends(short.signal(NIGHT))).toEqual(['suppressed: quiet_hours']);
    const week = { mon: 'all', tue: 'all', wed: 'all', thu: 'all', fri: 'all', sat: 'all', sun: 'all' } as const;
    const silent = new Story([later('a')], { quietHours: { startMinute: 0, endMinute: 0, days: week } });
    expect(ends(silent.signal(NIGHT))).toEqual(['suppressed: quiet_hours']);
  });
});
