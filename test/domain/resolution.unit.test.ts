import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type About, endedKeys, endsMatters, matterKeys, RESOLUTIONS, resolves } from '../../src/domain/resolution.ts';

const SUBJECTS = [
  null,
  '["pull_request","org/app",7]',
  '["build","org/app","b1"]',
  '["branch","org/app","main"]',
  '["incident","i1"]',
];
const about: fc.Arbitrary<About> = fc.record({
  eventType: fc.constantFrom(
    ...Object.keys(RESOLUTIONS),
    'build_failed',
    'test_failed',
    'release.failed',
    'detection.warn',
    'pr_opened',
    'x',
  ),
  subject: fc.constantFrom(...SUBJECTS),
  repo: fc.constantFrom(null, 'org/app', 'org/lib'),
  branch: fc.constantFrom(null, 'main', 'fix'),
});

/** What a merge says of anything but a pull request or an incident stays the actor's own. */
const reachesOthers = ({ eventType, subject }: About): boolean =>
  RESOLUTIONS[eventType]?.of !== null || /^\["(pull_request|incident)"/.test(subject ?? '');

test('an event finds a matter of somebody else exactly if it ends it', () => {
  let ended = 0;
  fc.assert(
    fc.property(about, about, (event, matter) => {
      const finds = endedKeys(event).some((key) => matterKeys(matter).includes(key));
      ended += Number(finds);
      expect(finds).toBe(resolves(event, matter) && reachesOthers(event));
    }),
    { numRuns: 5_000 },
  );
  expect(ended).toBeGreaterThan(50);
});

test('what others do not end has no key, so that nearly no commit writes one', () => {
  const push = { eventType: 'commit_pushed', subject: '["branch","org/app","main"]', repo: 'org/app', branch: 'main' };
  expect(matterKeys(push)).toEqual([]);
  expect(endedKeys(push)).toEqual([]);
});

test('who is not asked because the type ends nothing would have ended nothing', () => {
  fc.assert(
    fc.property(about, about, (event, matter) => {
      fc.pre(!endsMatters(event.eventType));
      expect([resolves(event, matter), endedKeys(event)]).toEqual([false, []]);
    }),
    { numRuns: 1_000 },
  );
  expect(Object.keys(RESOLUTIONS).every(endsMatters)).toBe(true);
});

test('an event type that is a word of the language ends nothing and fails nothing', () => {
  const event = { eventType: 'constructor', subject: '["incident","i1"]', repo: null, branch: null };
  const matter = { ...event, eventType: 'incident.opened' };
  expect([endsMatters('constructor'), resolves(event, matter), endedKeys(event)]).toEqual([false, false, []]);
});
