import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cli } from '../entrypoints/cli/run-cli.ts';
import { compileJsonSchema } from '../schemas/compile-json-schema.ts';
import { type EngineProcess } from './support/engine-process.ts';
import { install, type Installation } from './support/installation.ts';
import { type Decoded, settled } from './support/outputs.ts';
import { EVERY_SIGNAL, TENANTS } from './support/tenants.ts';
import { createAvroReader, readTopic } from './support/topics.ts';

const folder = mkdtempSync(join(tmpdir(), 'mmm-admin-config-'));
const before = { ...process.env };
const validate = compileJsonSchema('mmm.admin_config-value');
let installation: Installation;
let engine: EngineProcess;

/** The commands run in this process, on the installation of this suite. */
beforeAll(async () => {
  installation = await install();
  Object.assign(process.env, installation.env);
});
afterAll(async () => {
  process.env = before;
  await installation?.remove();
  rmSync(folder, { recursive: true, force: true });
});

const file = (name: string, content: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
};

/** What an independent `read_committed` client has of the topic when nothing waits; each checked by itself and for being there once. */
const events = async (): Promise<Decoded[]> => {
  await settled(installation, 0);
  const decode = createAvroReader(installation.addresses.SCHEMA_REGISTRY_URL);
  const records = await readTopic(installation.brokers, installation.topic('mmm.admin_config'));
  const decoded = await Promise.all(records.map(async (one) => ({ ...one, body: await decode(one.value!) })));
  for (const { key, headers, body } of decoded) {
    expect([validate(JSON.parse(JSON.stringify(body))), validate.errors]).toEqual([true, null]);
    expect([key, headers['mmm-tenant-id']]).toEqual([body['tenant_id'], body['tenant_id']]);
  }
  for (const id of [({ body }: Decoded) => body['event_id'], ({ headers }: Decoded) => headers['mmm-outbox']])
    expect(new Set(decoded.map(id)).size).toBe(decoded.length);
  return decoded;
};
/** Types with what they are about, in the order of the topic. */
const told = (all: readonly Decoded[], tenant: string): string[] =>
  all
    .filter(({ body }) => body['tenant_id'] === tenant)
    .map(({ body }) => {
      const { id, version } = body['payload'] as Record<string, unknown>;
      return `${String(body['event_type'])} ${String(id)} ${String(version)}`;
    });
const applied = (tenant: string): string[] => [
  `tenant.applied ${tenant} 1`,
  `playbook.imported ${EVERY_SIGNAL.id} 1`,
  `playbook.published ${EVERY_SIGNAL.id} 1`,
];

test('D-80, mmm.admin_config is produced: what was defined before the first start comes out with it, each once and in order', async () => {
  // Nobody knew how many shards there would be.
  const { rows } = await installation.database.query<{ shard: number }>('SELECT DISTINCT shard FROM mmm_outbox');
  expect(rows).toEqual([{ shard: 0 }]);
  engine = await installation.start().ready();
  const all = await events();
  expect(all).toHaveLength(3 * TENANTS.tenants.length);
  for (const { id } of TENANTS.tenants) expect(told(all, id)).toEqual(applied(id));
});

test('beside a running engine: each change by a command is one event of its tenant, and the same command again none', async () => {
  const [acme, ...others] = TENANTS.tenants;
  const changed = file('t.json', { tenants: [{ ...acme, quiet_hours: { start: '20:00', end: '07:00' } }, ...others] });
  const playbook = file('p.json', { ...EVERY_SIGNAL, name: 'Every signal, again' });
  const commands = [
    ['tenants', 'apply', changed],
    ['playbooks', 'import', playbook, '--tenant', 'capped', '--publish'],
  ];
  for (const command of commands) expect(await cli(...command)).toMatchObject({ code: 0, error: null });
  const once = await events();
  expect(told(once, 'acme')).toEqual([...applied('acme'), 'tenant.applied acme 2']);
  expect(told(once, 'capped')).toEqual([
    ...applied('capped'),
    `playbook.imported ${EVERY_SIGNAL.id} 2`,
    `playbook.published ${EVERY_SIGNAL.id} 2`,
  ]);
  expect(told(once, 'other')).toEqual(applied('other'));
  expect(JSON.stringify(once.map(({ body }) => body))).not.toMatch(/quiet|20:00|Every signal/);

  for (const command of commands) expect(await cli(...command)).toMatchObject({ code: 0, error: null });
  expect((await events()).map(({ body }) => body['event_id'])).toEqual(once.map(({ body }) => body['event_id']));

  const shown = await cli('consume', 'mmm.admin_config', '--json');
  expect(shown.out).toHaveLength(once.length);
  expect(shown.json).toMatchObject({ topic: 'mmm.admin_config', value: { event_type: 'tenant.applied' } });
});

test('kill -9 of the engine while commands change things: after the next start each of them is there once', async () => {
  const rolledBack = ['playbooks', 'rollback', EVERY_SIGNAL.id, '--tenant', 'capped', '--to', '1'];
  const withdrawn = ['playbooks', 'deprecate', EVERY_SIGNAL.id, '--tenant', 'other'];
  expect(await cli(...rolledBack)).toMatchObject({ code: 0, error: null });
  await engine.end('SIGKILL');
  expect(await cli(...withdrawn)).toMatchObject({ code: 0, error: null });
  await installation.start().ready();
  const all = await events();
  expect(told(all, 'capped').slice(-2)).toEqual([
    `playbook.published ${EVERY_SIGNAL.id} 2`,
    `playbook.rolled_back ${EVERY_SIGNAL.id} 3`,
  ]);
  expect(told(all, 'other')).toEqual([...applied('other'), `playbook.deprecated ${EVERY_SIGNAL.id} 1`]);
});
