import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { uuidIds } from '../../src/adapters/ids/uuid-ids.ts';
import { Definitions } from '../../src/adapters/postgres/definitions.ts';
import { jitterMs } from '../../src/domain/decision/deferral.ts';
import { SILENT_LOGGER } from '../../src/entrypoints/cli/silent-logger.ts';
import { openChangingStore } from '../../src/entrypoints/composition/changing-store.ts';
import { loadConfig } from '../../src/runtime/config.ts';
import { waitFor } from './support/engine-process.ts';
import { install, type Installation } from './support/installation.ts';
import { readOutputs } from './support/outputs.ts';
import { sinCommit } from './support/signals.ts';
import { produce } from './support/topics.ts';

/** Long enough for a start of the engine and its decisions. */
const SNOOZE_MS = 20_000;
const JITTER_MS = 500;

const KEPT = {
  id: 'kept',
  name: 'Kept for later',
  owner: 'tests',
  triggers: [{ event_type: 'commit_pushed' }],
  deferral: { mode: 'defer', expires_after: '1h' },
  actions: [{ type: 'mirror', surfaces: ['ide'], template: { title: 'On {{signal.branch}}', body: 'One push.' } }],
};

/** Somebody who is released soon after the snooze ends. */
const sleeper = Array.from({ length: 100_000 }, (_, n) => `sleeper${n}`).find(
  (actorId) => jitterMs(uuidIds, { tenantId: 'other', actorId }) < JITTER_MS,
)!;

let installation: Installation;
beforeAll(async () => {
  installation = await install();
});
afterAll(async () => await installation?.remove());

const waiting = async (status: string): Promise<number> => {
  const { rows } = await installation.database.query<{ n: number }>(
    'SELECT count(*)::integer AS n FROM mmm_deferrals WHERE status = $1',
    [status],
  );
  return rows[0]!.n;
};

test('what a snooze holds back survives kill -9, and two engines release it as one digest', async () => {
  const store = await openChangingStore(loadConfig({ ...installation.env }), SILENT_LOGGER);
  const definitions = new Definitions(store);
  const { version } = await definitions.importPlaybook('other', KEPT.id, KEPT, 'test');
  await definitions.publishPlaybook('other', KEPT.id, version, 'test');
  const until = Date.now() + SNOOZE_MS;
  const preferences = { optOutCategories: ['every-signal'], preferredSurfaces: null, snoozeUntilMs: until };
  await definitions.upsertActorProfile('other', sleeper, { roles: [], timeZone: null, preferences }, 'test');
  await store.close();

  const doomed = await installation.start().ready();
  // The last one sent is the oldest: a digest is in the order of what happened.
  const pushedMs = Date.now() - 1000;
  const pushes = ['c', 'b', 'a'].map((branch, n) =>
    sinCommit(sleeper, 'other', {
      resource: { repository: 'org/shop', branch },
      occurred_at: new Date(pushedMs - n).toISOString(),
    }),
  );
  await produce(installation.brokers, installation.topic('pm3.signals.normalized'), pushes);
  await waitFor('the deferrals', async () => ((await waiting('waiting')) === 3 ? true : null));
  await doomed.end('SIGKILL');

  await Promise.all([installation.start().ready(), installation.start().ready()]);
  await waitFor('the release', async () => ((await waiting('done')) === 3 ? true : null));
  const { decisions, deliveries } = await waitFor('the digest', async () => {
    const outputs = await readOutputs(installation);
    return outputs.deliveries.length > 0 ? outputs : null;
  });
  expect(deliveries.map(({ body }) => [body['variant'], body['notify']])).toEqual([['digest', true]]);
  const { items, timestamp_utc } = deliveries[0]!.body as { items: { title: string }[]; timestamp_utc: string };
  expect(items.map(({ title }) => title)).toEqual(['On a', 'On b', 'On c']);
  expect(Date.parse(timestamp_utc)).toBeGreaterThanOrEqual(until);
  const ends = decisions.flatMap(({ body }) => body['candidates'] as { playbook_id: string; disposition: string }[]);
  expect(ends.filter((one) => one.playbook_id === 'kept').map(({ disposition }) => disposition)).toEqual([
    ...Array<string>(3).fill('deferred'),
    ...Array<string>(3).fill('digested'),
  ]);
}, 120_000);
