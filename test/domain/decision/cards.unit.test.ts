import { describe, expect, test } from '@jest/globals';
import { CARD_LIFE_MAX_MS, CARDS_MAX } from '../../../src/domain/card.ts';
import { RESOLUTIONS } from '../../../src/domain/resolution.ts';
import { EVENT_TYPES } from '../../../src/generated/event-types.ts';
import { aMentor, anAction, aPlaybook, aTrigger, DAY, HOUR, MINUTE, NOON, type PlaybookChange } from './given.ts';
import { ends, shown, Story } from './story.ts';

const onPr = (change: PlaybookChange = {}) =>
  aPlaybook({
    triggers: [aTrigger({ eventType: 'pr_opened' }), aTrigger({ eventType: 'pr_reviewed' })],
    limits: { cooldownMs: DAY, subjectCooldownMs: DAY, perActorPerDay: 1 },
    ...change,
  });
const pr = (number: number, event_type = 'pr_reviewed') => ({
  event_type,
  repo_id: 'org/app',
  branch: null,
  payload: { pr_number: number, files_changed: number },
});

describe('one live card per subject and playbook', () => {
  test('ten signals on one pull request are one delivery and nine revisions of it, one notification, one charge', () => {
    const story = new Story([onPr()]);
    for (let n = 0; n < 10; n += 1)
      story.signal(NOON + n * MINUTE, { ...pr(7), payload: { pr_number: 7, files_changed: n } });
    const cards = story.deliveries;
    expect(cards.map(({ revision }) => revision)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(cards.map(({ notify }) => notify)).toEqual([true, ...Array<boolean>(9).fill(false)]);
    expect(new Set(cards.map(({ card_id }) => card_id)).size).toBe(1);
    expect(new Set(cards.map(({ delivery_id }) => delivery_id)).size).toBe(10);
    expect(cards.at(-1)!.title).toContain('9 files');
    expect(story.state.sent).toHaveLength(1);
    expect(ends(story.told[9]!)).toEqual(['delivered: revised']);
    expect(story.folded()).toEqual(story.state);
  });

  test('another subject, another playbook and another type have cards of their own', () => {
    const story = new Story(
      [onPr({ id: 'a', limits: {}, actions: [anAction(), aMentor()] }), onPr({ id: 'b', limits: {} })],
      { quotas: { maxActionsPerDay: 99, maxActionsPerHour: 99, perRepoPerDay: 99 } },
    );
    story.signal(NOON, pr(7));
    story.signal(NOON + 1, pr(8));
    expect(new Set(story.deliveries.map(({ card_id }) => card_id)).size).toBe(6);
    expect(story.deliveries.every(({ revision, notify }) => revision === 1 && notify)).toBe(true);
  });

  test('a revision passes every gate but quiet hours and caps: it makes no sound and costs nothing', () => {
    const quiet = new Story([onPr()]);
    quiet.signal(NOON + 9 * HOUR, pr(7));
    expect(ends(quiet.signal(NOON + 11 * HOUR, pr(7)))).toEqual(['delivered: revised']);

    const unwanted = new Story([
      onPr({
        met: ({ signal }) => (signal.payload['files_changed'] === 7 ? { met: true } : { met: false, error: null }),
      }),
    ]);
    unwanted.signal(NOON, pr(7));
    expect(ends(unwanted.signal(NOON + 1, { ...pr(7), payload: { pr_number: 7, files_changed: 1 } }))).toEqual([
      'suppressed: condition_not_met',
    ]);
    unwanted.prefer({ snoozeUntilMs: NOON + HOUR });
    expect(ends(unwanted.signal(NOON + 2, pr(7)))).toEqual(['suppressed: snoozed']);
    expect(unwanted.state.waiting).toEqual([]);
  });

  test('a repeat goes where the card is, and to no further place without a charge', () => {
    const story = new Story([onPr({ actions: [anAction({ surfaces: ['ide', 'ci'] })] })]);
    expect(shown(story.signal(NOON, { ...pr(7), surface_hint: 'ide' }))).toEqual(['ide card r1 live !']);
    expect(shown(story.signal(NOON + 1, pr(7)))).toEqual(['ide card r2 live']);
    expect(ends(story.signal(NOON + 2, { ...pr(7), surface_hint: 'ci' }))).toEqual(['suppressed: cooldown']);
  });

  test('an expired card opens anew, through every gate: another id, from revision 1, charged', () => {
    const story = new Story([onPr({ limits: { cooldownMs: 30 * HOUR } })]);
    const [first] = story.signal(NOON, pr(7)).deliveries;
    expect(ends(story.signal(NOON + DAY, pr(7)))).toEqual(['suppressed: cooldown']);
    const [second] = story.signal(NOON + 30 * HOUR, pr(7)).deliveries;
    expect([second!.delivery.revision, second!.delivery.notify]).toEqual([1, true]);
    expect(second!.delivery.card_id).not.toBe(first!.delivery.card_id);
    expect(story.state.sent).toHaveLength(2);
  });

  test('where an expired card is not opened again, it stays away', () => {
    const story = new Story([onPr({ limits: {}, actions: [anAction({ surfaces: ['ide', 'ci'] })] })]);
    story.signal(NOON, pr(7));
    expect(shown(story.signal(NOON + DAY, { ...pr(7), surface_hint: 'ide' }))).toEqual(['ide card r1 live !']);
    expect(shown(story.signal(NOON + DAY + 1, pr(7)))).toEqual(['ide card r2 live']);
  });

  test('signals of every hour keep a card alive for a week and no longer', () => {
    const story = new Story([onPr({ limits: {} })]);
    for (let at = NOON; at <= NOON + CARD_LIFE_MAX_MS; at += HOUR) story.signal(at, pr(7));
    const heard = story.deliveries.filter(({ notify }) => notify);
    expect(heard.map(({ timestamp_utc }) => Date.parse(timestamp_utc) - NOON)).toEqual([0, CARD_LIFE_MAX_MS]);
  });

  test('their memory is bounded, and drops the oldest', () => {
    const many = { maxActionsPerDay: 999, maxActionsPerHour: 999, perRepoPerDay: 999 };
    const story = new Story([onPr({ limits: {} })], { quotas: many });
    for (let n = 1; n <= CARDS_MAX + 5; n += 1) story.signal(NOON + n, pr(n));
    expect(story.state.cards).toHaveLength(CARDS_MAX);
    expect(story.state.cards[0]!.subject).toContain('6');
    story.signal(NOON + 60 * DAY, pr(1));
    expect(story.state.cards).toHaveLength(1);
  });
});

describe('a card is folded', () => {
  const live = (change: PlaybookChange = {}) => {
    const story = new Story([onPr({ actions: [anAction({ surfaces: ['ide', 'ci'] })], ...change })]);
    story.signal(NOON, pr(7));
    story.signal(NOON + 1, pr(7));
    return story;
  };

  test.each(['pr_merged', 'pr_closed'])(
    'as resolved, once, by %s of its subject, though no playbook looks at it',
    (type) => {
      const story = live();
      const fold = story.signal(NOON + MINUTE, pr(7, type));
      expect(fold.plan).toMatchObject({ result: 'decided', candidates: [], actions: [], sent: [] });
      expect(shown(fold)).toEqual(['ide card r3 resolved', 'ci check-summary r3 resolved']);
      const ids = story.deliveries.map(({ delivery_id }) => delivery_id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(new Set(story.deliveries.map(({ card_id }) => card_id)).size).toBe(2);
      expect(fold.deliveries[0]!.delivery.subject).toMatchObject({
        kind: 'pull_request',
        repo_id: 'org/app',
        pr_number: 7,
      });
      expect(story.signal(NOON + HOUR, pr(7, type)).plan.result).toBe('no_match');
      expect(story.folded()).toEqual(story.state);
    },
  );

  test('not by what happens to another subject, and not by an event that resolves nothing', () => {
    const story = live();
    expect(story.signal(NOON + MINUTE, pr(8, 'pr_merged')).plan.result).toBe('no_match');
    expect(shown(story.signal(NOON + MINUTE, pr(7, 'pr_review_requested')))).toEqual([]);
    expect(shown(story.signal(NOON + 2 * MINUTE, pr(7)))).toEqual(['ide card r3 live', 'ci check-summary r3 live']);
  });

  test('by the event itself, not revised by it as well', () => {
    const story = new Story([onPr({ triggers: [aTrigger({ eventType: 'pr_*' })] })]);
    story.signal(NOON, pr(7));
    const end = story.signal(NOON + 1, pr(7, 'pr_merged'));
    expect(ends(end)).toEqual(['superseded: subject_resolved']);
    expect(shown(end)).toEqual(['ide card r2 resolved']);
  });

  test('a build that passes ends what was said of the one that failed on that branch, and nothing else', () => {
    const failed = { event_type: 'build_failed', repo_id: 'org/app', branch: 'x', payload: { build_id: '17' } };
    const story = new Story([
      onPr({ id: 'build', limits: {}, triggers: [aTrigger({ eventType: 'build_failed' })], actions: [aMentor()] }),
      onPr({ id: 'push', limits: {}, triggers: [aTrigger()], actions: [aMentor()] }),
    ]);
    story.signal(NOON, failed);
    story.signal(NOON + 1, { branch: 'x' });
    expect(shown(story.signal(NOON + 2, { ...failed, event_type: 'build_succeeded', branch: 'y' }))).toEqual([
      'ide card r2 resolved',
    ]);
    const other = new Story(story.playbooks);
    other.signal(NOON, failed);
    other.signal(NOON + 1, { branch: 'x' });
    const passed = { ...failed, event_type: 'build_succeeded', payload: { build_id: '18' } };
    expect(other.signal(NOON + 2, { ...passed, branch: 'y' }).plan.result).toBe('no_match');
    const end = other.signal(NOON + 3, passed);
    expect(end.deliveries.map(({ delivery }) => delivery.playbook_id)).toEqual(['build']);
  });

  test.each([
    ['the person opts out', (story: Story) => story.prefer({ optOutCategories: ['mirror'] }), 2],
    ['the person prefers another place', (story: Story) => story.prefer({ preferredSurfaces: ['ci'] }), 1],
    ['the tenant switches the kind off', (story: Story) => (story.policy = { enabledActionTypes: [] }), 2],
    ['its playbook is deprecated', (story: Story) => (story.playbooks = []), 2],
  ])('as withdrawn when %s', (_why, happens, places) => {
    const story = live();
    happens(story);
    const end = story.signal(NOON + MINUTE, { event_type: 'file_edited' });
    expect(shown(end)).toHaveLength(places);
    for (const { delivery } of end.deliveries) {
      expect(delivery).toMatchObject({ state: 'withdrawn', revision: 3, notify: false });
    }
    expect(story.signal(NOON + HOUR, { event_type: 'file_edited' }).plan.result).toBe('no_match');
  });

  test('and opens again with another id, from revision 1', () => {
    const story = live({ limits: {} });
    const before = new Set(story.deliveries.map(({ card_id }) => card_id));
    story.signal(NOON + MINUTE, pr(7, 'pr_closed'));
    const again = story.signal(NOON + HOUR, pr(7, 'pr_opened'));
    expect(shown(again)).toEqual(['ide card r1 live !', 'ci check-summary r1 live !']);
    for (const { delivery } of again.deliveries) expect(before.has(delivery.card_id)).toBe(false);
  });
});

test('every event type that resolves something is one that a source produces', () => {
  for (const type of Object.keys(RESOLUTIONS)) expect(EVENT_TYPES).toHaveProperty([type]);
  const known = Object.keys(EVENT_TYPES);
  for (const { of } of Object.values(RESOLUTIONS))
    for (const begin of of ?? []) expect(known.some((type) => type.startsWith(begin))).toBe(true);
});

describe('an item of a digest is a card', () => {
  const SIX = NOON + 18 * HOUR;
  const overnight = () => {
    const later = { deferral: { mode: 'defer' as const, expiresAfterMs: DAY }, limits: {} };
    const quotas = { maxActionsPerDay: 9, maxActionsPerHour: 9, perRepoPerDay: 9 };
    const story = new Story([onPr({ id: 'one', ...later }), onPr({ id: 'two', ...later })], { quotas });
    story.signal(NOON + 11 * HOUR, pr(7));
    story.signal(NOON + 11 * HOUR + 1, pr(8));
    const [morning] = story.releaseUntil(SIX + HOUR);
    return { story, digest: morning!.deliveries[0]!.delivery };
  };

  test('that its subject, resolved, folds: each item of it, by the action that the digest names', () => {
    const { story, digest } = overnight();
    expect(digest).toMatchObject({ variant: 'digest', revision: 1 });
    expect(digest.items).toHaveLength(4);
    const fold = story.signal(SIX + 2 * HOUR, pr(7, 'pr_merged'));
    expect(shown(fold)).toEqual(['ide card r2 resolved', 'ide card r2 resolved']);
    const about7 = digest.items.filter(({ title }) => title.startsWith('7 ')).map(({ action_id }) => action_id);
    expect(fold.deliveries.map(({ delivery }) => delivery.action_id).sort()).toEqual(about7.sort());
    expect(story.signal(SIX + 3 * HOUR, pr(7, 'pr_closed')).plan.result).toBe('no_match');
    expect(story.folded()).toEqual(story.state);
  });

  test('that the next signal about it revises, silently and uncharged', () => {
    const { story } = overnight();
    const sent = story.state.sent.length;
    const next = story.signal(SIX + 2 * HOUR, pr(7));
    expect(ends(next)).toEqual(['delivered: revised', 'delivered: revised']);
    expect(shown(next)).toEqual(['ide card r2 live', 'ide card r2 live']);
    expect(story.state.sent).toHaveLength(sent);
  });
});
