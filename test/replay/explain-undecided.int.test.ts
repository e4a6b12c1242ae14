import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Definitions } from '../../src/adapters/postgres/definitions.ts';
import { PostgresJournal } from '../../src/adapters/postgres/postgres-journal.ts';
import { uuidIds } from '../../src/adapters/ids/uuid-ids.ts';
import type { ActorProfile } from '../../src/domain/actor-state.ts';
import type { ContextEvent } from '../../src/domain/context/context-event.ts';
import { producedSignalIdOf } from '../../src/domain/ids.ts';
import { recordedDeps } from '../../src/entrypoints/composition/recorded.ts';
import { SIGNAL_SOURCES } from '../../src/pipeline/ports/normaliser.ts';
import { explainRecorded } from '../../src/replay/explain/explain-recorded.ts';
import { makeDatabase, type TestDatabase } from '../adapters/postgres/test-database.ts';
import { actor, foldOne, next } from '../contracts/journal-records.ts';
import { NOTICE_PUSH, push } from '../pipeline/harness.ts';

const MINUTE = 60_000;
let database: TestDatabase;
let journal: PostgresJournal;
let definitions: Definitions;
beforeAll(async () => {
  database = await makeDatabase();
  journal = new PostgresJournal(database.pipeline, { now: () => Date.now(), monotonicMs: () => performance.now() });
  definitions = new Definitions(database);
  await journal.openShard(0);
});
afterAll(async () => await database.drop());

const tenant = async (): Promise<string> => {
  const id = `t-${randomUUID()}`;
  await definitions.upsertTenantPolicy(id, { id, unknown_actors: 'allow' }, 'test');
  const { version } = await definitions.importPlaybook(id, NOTICE_PUSH.id, NOTICE_PUSH, 'test');
  await definitions.publishPlaybook(id, NOTICE_PUSH.id, version, 'test');
  return id;
};
const living = (timeZone: string): ActorProfile => ({
  roles: [],
  timeZone,
  preferences: { optOutCategories: [], preferredSurfaces: null, snoozeUntilMs: null },
});
/** A signal without a decision, or with one that read this profile. */
const journalled = async (
  tenantId: string,
  actorId: string,
  atMs: number,
  more: { readonly context?: ContextEvent; readonly read?: ActorProfile; readonly signalId?: string } = {},
): Promise<string> => {
  const plain = next(await foldOne(journal, actor(actorId, tenantId)), { atMs });
  const [entry] = plain.entries;
  const signal = push(actorId, randomUUID(), {
    ...(more.signalId === undefined ? {} : { signal_id: more.signalId }),
    tenant_id: tenantId,
    event_type: 'pr_opened',
    occurred_at: new Date(atMs).toISOString(),
  });
  const context = more.context === undefined ? {} : { context: more.context };
  const decided = more.read !== undefined;
  await journal.commit({
    shard: 0,
    epoch: null,
    actors: [
      {
        ...plain,
        entries: [
          {
            ...entry!,
            ...context,
            signalId: signal.signal_id,
            ...(decided ? {} : { decisionId: null, result: 'no_match' as const }),
          },
        ],
        recorded: [decided ? null : JSON.stringify(signal)],
        decisions: plain.decisions.flatMap((row) =>
          decided ? [{ ...row, signalId: signal.signal_id, read: JSON.stringify({ signal, profile: more.read }) }] : [],
        ),
      },
    ],
  });
  return signal.signal_id;
};
const incident = (open: boolean): ContextEvent => ({
  id: 'i1',
  kind: 'incident',
  open,
  repo: null,
  severity: 'critical',
});
const explained = async (tenantId: string, id: string) => {
  const { explanation, notes, reader } = await explainRecorded(recordedDeps(database), tenantId, id);
  const verdict = explanation.playbooks[0]!.actions[0]!.verdicts.find(({ gate }) => gate === 'inhibition')!;
  return { inhibition: verdict.pass ? 'pass' : verdict.code, zone: reader.zone.name, notes };
};

test('an undecided signal is explained with the incidents of its time, not with those of now', async () => {
  const id = await tenant();
  const now = Date.now();
  const before = await journalled(id, 'dev', now + MINUTE);
  await journalled(id, 'ops', now + 2 * MINUTE, { context: incident(true) });
  const during = await journalled(id, 'dev', now + 4 * MINUTE);
  await journalled(id, 'ops', now + 5 * MINUTE, { context: incident(false) });
  const shortly = await journalled(id, 'dev', now + 5 * MINUTE + 10_000);
  const after = await journalled(id, 'dev', now + 7 * MINUTE);
  const found = await Promise.all([before, during, shortly, after].map((one) => explained(id, one)));
  expect(found.map(({ inhibition }) => inhibition)).toEqual(['pass', 'incident_active', 'pass', 'pass']);
  expect(found[1]!.notes.join()).not.toContain('incident');
  expect(found[2]!.notes.join()).toContain('told within half a minute before it');
});

test('and with the profile of its time: today\u2019s if it has not changed, else what a decision of that time read, else it is said', async () => {
  const id = await tenant();
  await definitions.upsertActorProfile(id, 'dev', living('+01:00'), 'test');
  const [then, unread] = [Date.now(), Date.now()];
  const undecided = await journalled(id, 'dev', then);
  expect(await explained(id, undecided)).toMatchObject({ zone: '+01:00' });
  const nobodys = await journalled(id, 'other', unread);
  for (const who of ['dev', 'other']) await definitions.upsertActorProfile(id, who, living('+09:00'), 'test');
  expect(await explained(id, nobodys)).toMatchObject({ zone: '+09:00' });
  expect((await explained(id, nobodys)).notes.join()).toContain('those of today');
  await journalled(id, 'dev', then + 1, { read: living('+01:00') });
  const found = await explained(id, undecided);
  expect(found.zone).toBe('+01:00');
  expect(found.notes.join()).not.toContain('those of today');
});

test('by the id of its producer, from whichever source it came; two sources with one id are told apart by ours', async () => {
  const id = await tenant();
  const ours = (source: string, producerId: string): string => producedSignalIdOf(uuidIds, source, id, producerId);
  const shared = [ours('pm3', '42'), ours('trigger', '42')];
  for (const signalId of [...shared, ...SIGNAL_SOURCES.map((source) => ours(source, `only-${source}`))])
    await journalled(id, 'dev', Date.now(), { signalId });
  for (const source of SIGNAL_SOURCES) {
    const found = await explainRecorded(recordedDeps(database), id, `only-${source}`);
    expect(found.signalId).toBe(ours(source, `only-${source}`));
  }
  const refused = async (asked: string): Promise<unknown> =>
    await explainRecorded(recordedDeps(database), id, asked).catch((error: unknown) => error);
  expect(await refused('42')).toMatchObject({ code: 'VALIDATION_ERROR', message: expect.stringContaining(shared[1]!) });
  expect(await refused('43')).toMatchObject({ code: 'RESOURCE_NOT_FOUND' });
  const elsewhere = explainRecorded(recordedDeps(database), await tenant(), 'only-pm3');
  await expect(elsewhere).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' });
});
