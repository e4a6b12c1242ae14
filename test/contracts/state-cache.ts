import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CachedState, StateCache } from '../../src/pipeline/ports/state-cache.ts';

const stateOf = (actorId: string, version: number, tenantId = 'acme'): CachedState => ({
  key: { tenantId, actorId },
  version,
  head: `head-${version}`,
  actorRef: version > 1 ? 'ref' : null,
  state: {
    chain: `chain-${version}`,
    profile: {
      roles: ['developer'],
      timeZone: '+05:30',
      preferences: { optOutCategories: ['mentor'], preferredSurfaces: ['ide'], snoozeUntilMs: 7 },
    },
    recent: [{ atMs: 1, type: 'commit_pushed', repo: 'org/r', branch: null, file: null, subject: 's' }],
    sent: [{ atMs: 2, playbookId: 'p', actionType: 'mirror', repo: null, subject: 's' }],
    waiting: [
      {
        actionId: 'a',
        actionIndex: 0,
        actionType: 'mentor',
        attempt: 1,
        branch: null,
        decisionId: 'd',
        dueMs: 3,
        eventType: 'commit_pushed',
        expiresMs: 9,
        occurredMs: 1,
        playbookId: 'p',
        playbookVersion: 2,
        repo: 'org/r',
        resolvedBy: null,
        sinceMs: 2,
        subject: 's',
        tier: 'normal',
      },
    ],
    cards: [
      {
        actionId: 'b',
        actionType: 'mirror',
        branch: 'main',
        eventType: 'commit_pushed',
        expiresMs: 9,
        openedMs: 2,
        places: [{ surface: 'ide', life: 1, revision: 4, live: true }],
        playbookId: 'p',
        playbookVersion: 2,
        repo: null,
        subject: 's',
      },
    ],
    dismissals: [{ atMs: 3, playbookId: 'p', actionType: 'mentor', subject: null }],
  },
});

/** What every StateCache keeps (ports/state-cache.ts). */
export const stateCacheContract = (name: string, make: () => Promise<StateCache>): void => {
  describe(`state cache contract: ${name}`, () => {
    let cache: StateCache;
    beforeAll(async () => {
      cache = await make();
    });
    afterAll(async () => cache.close());

    test('gives back what was put, in the order asked, null for what is absent', async () => {
      const [a, b] = [stateOf('a', 1), stateOf('b', 2)];
      await cache.putNewer([a, b]);
      expect(await cache.get([b.key, { tenantId: 'acme', actorId: 'nobody' }, a.key])).toEqual([b, null, a]);
    });

    test('only forward: an older or equal version changes nothing', async () => {
      const newer = stateOf('forward', 5);
      await cache.putNewer([newer]);
      await cache.putNewer([stateOf('forward', 4), { ...newer, head: 'another' }]);
      expect(await cache.get([newer.key])).toEqual([newer]);
      await cache.putNewer([stateOf('forward', 6)]);
      expect(await cache.get([newer.key])).toEqual([stateOf('forward', 6)]);
    });

    test('versions compare as numbers: 10 is newer than 9', async () => {
      await cache.putNewer([stateOf('numbers', 9)]);
      await cache.putNewer([stateOf('numbers', 10)]);
      expect((await cache.get([stateOf('numbers', 1).key]))[0]?.version).toBe(10);
    });

    test('keys of two tenants never meet, whatever the ids hold (G7)', async () => {
      const pairs = [
        ['a|b', 'c'],
        ['a', 'b|c'],
        ['a}', '{b'],
        ['a%7C', 'b'],
        ['a|', 'b'],
      ] as const;
      const states = pairs.map(([tenantId, actorId], index) => stateOf(actorId, index + 1, tenantId));
      await cache.putNewer(states);
      expect(await cache.get(states.map((state) => state.key))).toEqual(states);
    });
  });
};
