import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DefinitionReader } from '../../../src/adapters/postgres/definition-reader.ts';
import { Definitions } from '../../../src/adapters/postgres/definitions.ts';
import type { TestDatabase } from './test-database.ts';
import { makeDatabase } from './test-database.ts';

let database: TestDatabase;
let definitions: Definitions;
beforeAll(async () => {
  database = await makeDatabase();
  definitions = new Definitions(database);
});
afterAll(async () => {
  await database.drop();
});

const document = (name: string): object => ({ id: 'p', name });
const drafts = async (tenant: string, ...names: readonly string[]): Promise<void> => {
  for (const name of names) await definitions.importPlaybook(tenant, 'p', document(name), 'test');
};
const versions = async (tenant: string): Promise<readonly string[]> =>
  (await new DefinitionReader(database.api).playbooks(tenant)).map(
    ({ version, status, document: stored }) => `${version} ${status} ${(stored as { name: string }).name}`,
  );
const auditOf = async (tenant: string): Promise<readonly { what: string; who: string; details: object }[]> =>
  await database.api.transaction(async (tx) => {
    await tx.query(`SELECT set_config('mmm.tenant', $1, true)`, [tenant]);
    return await tx.query('SELECT what, who, details FROM mmm_audit ORDER BY audit_id');
  });
const digest = expect.stringMatching(/^[0-9a-f]{64}$/);

test('a rollback is a publish of the earlier text under a new number; no version ever changes', async () => {
  await drafts('r1', 'one');
  await definitions.publishPlaybook('r1', 'p', 1, 'ann');
  await drafts('r1', 'two');
  await definitions.publishPlaybook('r1', 'p', 2, 'ann');
  expect(await definitions.rollBackPlaybook('r1', 'p', 1, 'bob')).toEqual({ version: 3, repeats: 1 });
  expect(await versions('r1')).toEqual(['1 deprecated one', '2 deprecated two', '3 published one']);
  expect((await auditOf('r1')).at(-1)).toEqual({
    what: 'playbook_rolled_back',
    who: 'bob',
    details: { version: 3, repeats: 1, digest, before: { version: 2, digest } },
  });
});

describe('draft, published, deprecated, and never back', () => {
  test('what was withdrawn is not published again under its number; importing its text makes a new one', async () => {
    await drafts('r2', 'one');
    await definitions.publishPlaybook('r2', 'p', 1, 'test');
    expect(await definitions.deprecatePlaybook('r2', 'p', 'test')).toEqual({ version: 1, changed: true });
    expect(await versions('r2')).toEqual(['1 deprecated one']);
    await expect(definitions.publishPlaybook('r2', 'p', 1, 'test')).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await definitions.importPlaybook('r2', 'p', document('one'), 'test')).toEqual({ version: 2, changed: true });
    expect(await definitions.importPlaybook('r2', 'p', document('one'), 'test')).toEqual({
      version: 2,
      changed: false,
    });
    expect((await auditOf('r2')).map(({ what }) => what)).toEqual([
      'playbook_imported',
      'playbook_published',
      'playbook_deprecated',
      'playbook_imported',
    ]);
  });

  test('nothing to withdraw, nothing to go back to', async () => {
    await drafts('r3', 'one');
    await expect(definitions.deprecatePlaybook('r3', 'p', 'test')).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(definitions.rollBackPlaybook('r3', 'p', 1, 'test')).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(definitions.rollBackPlaybook('r3', 'p', 5, 'test')).rejects.toMatchObject({
      code: 'RESOURCE_NOT_FOUND',
    });
    await definitions.publishPlaybook('r3', 'p', 1, 'test');
    await expect(definitions.rollBackPlaybook('r3', 'p', 1, 'test')).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(definitions.rollBackPlaybook('other', 'p', 1, 'test')).rejects.toMatchObject({
      code: 'RESOURCE_NOT_FOUND',
    });
    expect(await versions('r3')).toEqual(['1 published one']);
  });
});

describe('two administrators at once', () => {
  test('who looked before the other published is told, and nothing of theirs is written', async () => {
    await drafts('r4', 'one', 'two', 'three');
    await definitions.publishPlaybook('r4', 'p', 1, 'test', { seenLive: null });
    await definitions.publishPlaybook('r4', 'p', 2, 'ann', { seenLive: 1 });
    const late = { seenLive: 1 };
    await expect(definitions.publishPlaybook('r4', 'p', 3, 'bob', late)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(definitions.deprecatePlaybook('r4', 'p', 'bob', late)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(definitions.rollBackPlaybook('r4', 'p', 1, 'bob', late)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await versions('r4')).toEqual(['1 deprecated one', '2 published two', '3 draft three']);
    expect((await auditOf('r4')).filter(({ who }) => who === 'bob')).toEqual([]);
  });

  test.each([
    ['nothing was live', false],
    ['a version was live', true],
  ])('of those in the same moment one wins, and each other gets a conflict: %s', async (_name, live) => {
    for (let round = 1; round <= 5; round += 1) {
      const tenant = `race-${String(live)}-${round}`;
      await drafts(tenant, 'zero', 'a', 'b', 'c', 'd');
      if (live) await definitions.publishPlaybook(tenant, 'p', 1, 'test');
      // No version was named as seen: only the index stands between them.
      const results = await Promise.allSettled(
        [2, 3, 4, 5].map(async (version) => await definitions.publishPlaybook(tenant, 'p', version, 'test')),
      );
      const lost = results.filter((one) => one.status === 'rejected');
      for (const one of lost) expect(one.reason).toMatchObject({ code: 'CONFLICT' });
      const published = (await versions(tenant)).filter((text) => text.includes(' published '));
      expect(published).toHaveLength(1);
      const audited = (await auditOf(tenant)).filter(({ what }) => what === 'playbook_published');
      expect(audited).toHaveLength(4 - lost.length + (live ? 1 : 0));
    }
  });

  test('a publish that waits for another to commit loses to it', async () => {
    await drafts('r5', 'one', 'two');
    let lost: unknown = null;
    await database.owner.transaction(async (tx) => {
      // Another administrator in the middle of a publish, as the owner so that it can be held open.
      await tx.query(`SELECT set_config('mmm.tenant', 'r5', true)`);
      await tx.query(`SET LOCAL ROLE mmm_api`);
      await tx.query(`UPDATE mmm_playbooks SET status = 'published' WHERE tenant_id = 'r5' AND version = 1`);
      const waiting = definitions.publishPlaybook('r5', 'p', 2, 'test').catch((error: unknown) => error);
      await tx.query(`RESET ROLE`);
      for (;;) {
        const [row] = await database.owner.query<{ waits: number }>(
          `SELECT count(*)::integer AS waits FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        if ((row?.waits ?? 0) > 0) break;
      }
      lost = waiting;
    });
    expect(await (lost as Promise<unknown>)).toMatchObject({ code: 'CONFLICT' });
    expect(await versions('r5')).toEqual(['1 published one', '2 draft two']);
  });
});
