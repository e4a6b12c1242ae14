import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { postgresPlace } from '../../../src/adapters/embedded/postgres-place.ts';
import { cli } from './run-cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'mmm-versions-test-'));
const before = { ...process.env };

beforeAll(async () => {
  for (const name of Object.keys(process.env)) if (name.startsWith('MMM_')) delete process.env[name];
  process.env['MMM_DATA_DIR'] = join(folder, 'data');
  process.env['LOG_LEVEL'] = 'error';
  const tenants = file(
    'tenants.yaml',
    'tenants:',
    '  - id: acme',
    '    quotas: { max_actions_per_day: 2 }',
    '    event_types: { design_reviewed: { payload: { score: number } } }',
  );
  expect(await cli('tenants', 'apply', tenants)).toMatchObject({ code: 0 });
});
afterAll(async () => {
  const place = await postgresPlace(join(folder, 'data')).catch(() => null);
  rmSync(folder, { recursive: true, force: true });
  if (place !== null && !place.folder.startsWith(folder))
    await rm(dirname(place.folder), { recursive: true, force: true });
  process.env = before;
});

const file = (name: string, ...lines: readonly string[]): string => {
  const path = join(folder, name);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  return path;
};
const written = (title: string, ...more: readonly string[]): string =>
  file(
    'mine.yaml',
    'id: mine',
    'name: Mine',
    'owner: o',
    'triggers: [{ event_type: design_reviewed }]',
    'when: signal.payload.score < 3',
    ...more,
    `actions: [{ type: mirror, surfaces: [ide], template: { title: "${title}", body: Counted. } }]`,
  );
const acme = async (...args: readonly string[]) => await cli('playbooks', ...args, '--tenant', 'acme', '--json');

test("draft, publish, compare, roll back, withdraw; the lint knows the tenant's own event types and settings", async () => {
  expect(await cli('playbooks', 'lint', written('One'))).toMatchObject({ code: 1 });
  expect((await acme('import', written('One'))).json['imported']).toMatchObject([{ version: 1, published: false }]);
  expect(await acme('publish', 'mine')).toMatchObject({ code: 0, json: { version: 1, published: true, before: null } });
  expect(await acme('publish', 'mine')).toMatchObject({ code: 1, error: 'CONFLICT' });

  const changed = written('Two', 'limits: { per_actor_per_day: 1 }');
  const compared = (await acme('diff', changed)).json;
  expect(compared).toMatchObject({ from: 'mine@1', to: 'mine.yaml' });
  const words = (json: Record<string, unknown>) =>
    (json['changes'] as readonly { words: string }[]).map((change) => change.words);
  expect(words(compared)).toEqual([
    'most a day for one person: none -> 1 (fewer nudges)',
    'mirror on ide: title "One" -> "Two"',
  ]);
  expect((await acme('import', changed)).json['imported']).toMatchObject([{ version: 2, published: false }]);
  expect((await acme('diff', 'mine')).json['changes']).toEqual(compared['changes']);
  const published = await acme('publish', 'mine', '2');
  expect(published).toMatchObject({ code: 0, json: { version: 2, before: 1 } });
  expect(published.json['changes']).toEqual(compared['changes']);

  expect(await acme('rollback', 'mine', '--to', '1')).toMatchObject({
    code: 0,
    json: { version: 3, repeats: 1, before: 2, published: true },
  });
  expect((await acme('diff', 'mine', '--from', '1', '--to', '3')).json['changes']).toEqual([]);
  expect(words((await acme('diff', 'mine', '--from', '2')).json)).toHaveLength(2);
  expect((await acme('export')).json['playbooks']).toMatchObject([{ version: 3, status: 'published' }]);

  expect(await acme('deprecate', 'mine')).toMatchObject({ code: 0, json: { version: 3, deprecated: true } });
  expect(await acme('deprecate', 'mine')).toMatchObject({ code: 1, error: 'CONFLICT' });
  expect((await acme('export')).json['playbooks']).toEqual([]);
  expect(await acme('rollback', 'mine', '--to', '9')).toMatchObject({ code: 1, error: 'RESOURCE_NOT_FOUND' });
  expect(await acme('diff', 'nobody')).toMatchObject({ code: 1, error: 'RESOURCE_NOT_FOUND' });
});

test("what passed at import is refused at publish if the tenant's settings no longer leave room for it", async () => {
  expect(await acme('import', written('Three', 'limits: { per_actor_per_day: 2 }'))).toMatchObject({ code: 0 });
  const tighter = file(
    'tighter.yaml',
    'tenants:',
    '  - id: acme',
    '    quotas: { max_actions_per_day: 1 }',
    '    event_types: { design_reviewed: { payload: { score: number } } }',
  );
  expect(await cli('tenants', 'apply', tighter)).toMatchObject({ code: 0 });
  const refused = await acme('publish', 'mine');
  expect(refused).toMatchObject({ code: 1, error: 'PLAYBOOK_INVALID', json: { published: false } });
  expect(refused.json['findings']).toMatchObject([
    {
      path: 'limits.per_actor_per_day',
      message: '2 is never reached: at most 1 a day with quotas.max_actions_per_day (1)',
    },
  ]);
  expect((await acme('export')).json['playbooks']).toEqual([]);
});

test('a draft that was passed over is published only by its number', async () => {
  await acme('import', written('Five'));
  await acme('import', written('Six'));
  const { version } = (await acme('publish', 'mine')).json;
  expect(await acme('publish', 'mine')).toMatchObject({ code: 1, error: 'CONFLICT' });
  const earlier = String(Number(version) - 1);
  expect(await acme('publish', 'mine', earlier)).toMatchObject({ code: 0, json: { before: version } });
});

test('a starter playbook that was withdrawn comes back under a new number, as the dry run said', async () => {
  await cli('tenants', 'apply', '--demo');
  expect(await cli('playbooks', 'deprecate', 'welcome', '--tenant', 'demo')).toMatchObject({ code: 0 });
  const planned = (await cli('tenants', 'apply', '--demo', '--dry-run', '--json')).json['tenants'];
  expect(planned[0].changes).toEqual(['welcome@2 published']);
  expect((await cli('tenants', 'apply', '--demo', '--json')).json['tenants']).toEqual(planned);
});

test('a rate is held against the settings of the tenant', async () => {
  const starved = await acme('lint', written('Four', 'deferral: { mode: defer }'), '--rate', '40');
  expect(starved).toMatchObject({ code: 1 });
  expect(starved.json['files'][0].findings[0].message).toBe(
    'starves, at most 7 a week of the 40 it produces; 33 will expire: quotas.max_actions_per_day (1)',
  );
});
