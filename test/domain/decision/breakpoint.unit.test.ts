import { describe, expect, test } from '@jest/globals';
import { BREAKPOINT_HOLDS_MS, BREAKPOINTS } from '../../../src/domain/breakpoint.ts';
import { EVENT_TYPES } from '../../../src/generated/event-types.ts';
import { aPlaybook, aTrigger, DAY, HOUR, MINUTE, NOON, type PlaybookChange } from './given.ts';
import { ends, shown, Story } from './story.ts';

const between = (change: PlaybookChange = {}) =>
  aPlaybook({
    triggers: [aTrigger({ eventType: 'file_edited' })],
    deferral: { mode: 'defer', expiresAfterMs: 4 * HOUR, until: 'breakpoint' },
    ...change,
  });
const edit = { event_type: 'file_edited' };
const push = { event_type: 'commit_pushed', branch: 'another' };

test('every breakpoint is an event type that a source produces', () => {
  for (const type of BREAKPOINTS) expect(type in EVENT_TYPES).toBe(true);
});

describe('a playbook that waits for a breakpoint', () => {
  test('says nothing in the middle of a task, and is released by the person\u2019s next push', () => {
    const story = new Story([between()]);
    const first = story.signal(NOON, edit);
    expect(ends(first)).toEqual(['deferred: not_a_breakpoint']);
    expect(first.plan.candidates[0]!.untilMs).toBe(NOON + 4 * HOUR);
    expect(story.releaseUntil(NOON + 30 * MINUTE)).toEqual([]);
    story.signal(NOON + 30 * MINUTE, push);
    const [released] = story.releaseUntil(NOON + 30 * MINUTE);
    expect(ends(released!)).toEqual(['delivered: sent']);
    expect(shown(released!)).toEqual(['ide card r1 live !']);
    expect(story.folded()).toEqual(story.state);
    expect(story.state.waiting).toEqual([]);
  });

  test('speaks at once at a breakpoint', () => {
    const story = new Story([between({ triggers: [aTrigger({ eventType: 'commit_pushed' })] })]);
    expect(ends(story.signal(NOON, push))).toEqual(['delivered: sent']);
  });

  test('expires, with a decision, when none comes', () => {
    const story = new Story([between()]);
    story.signal(NOON, edit);
    story.signal(NOON + HOUR, { ...edit, event_type: 'context_switch' });
    const [released, ...more] = story.releaseUntil(NOON + DAY);
    expect(more).toEqual([]);
    expect([released!.atMs, ...ends(released!)]).toEqual([NOON + 4 * HOUR, 'expired: expired']);
  });

  test('is not released by an event that comes when the moment is over, and waits for the next when the scheduler was late', () => {
    const story = new Story([between()]);
    story.signal(NOON, edit);
    story.signal(NOON + HOUR, { ...push, occurred_at: new Date(NOON + HOUR - BREAKPOINT_HOLDS_MS).toISOString() });
    expect(story.releaseUntil(NOON + HOUR)).toEqual([]);
    story.signal(NOON + HOUR, push);
    const [late] = [story.release(story.state.waiting[0]!, NOON + HOUR + BREAKPOINT_HOLDS_MS)];
    expect(ends(late)).toEqual(['deferred: not_a_breakpoint']);
    story.signal(NOON + 2 * HOUR, push);
    expect(story.releaseUntil(NOON + 2 * HOUR).map(ends)).toEqual([['delivered: sent']]);
  });

  test('is still held to quiet hours: a push at night releases nothing, and the morning is no breakpoint', () => {
    const story = new Story([between({ deferral: { mode: 'defer', expiresAfterMs: DAY, until: 'breakpoint' } })]);
    story.signal(NOON + 9 * HOUR, edit);
    story.signal(NOON + 11 * HOUR, push);
    expect(story.releaseUntil(NOON + 11 * HOUR).map(ends)).toEqual([['deferred: quiet_hours']]);
    expect(story.releaseUntil(NOON + 19 * HOUR).map(ends)).toEqual([['deferred: not_a_breakpoint']]);
    story.signal(NOON + 21 * HOUR, push);
    expect(story.releaseUntil(NOON + 21 * HOUR).map(ends)).toEqual([['delivered: sent']]);
  });

  test('drops what is dropped: a Mirror by its type waits for nothing', () => {
    const story = new Story([between({ deferral: { mode: 'by_type', expiresAfterMs: DAY, until: 'breakpoint' } })]);
    expect(ends(story.signal(NOON, edit))).toEqual(['suppressed: not_a_breakpoint']);
  });
});
