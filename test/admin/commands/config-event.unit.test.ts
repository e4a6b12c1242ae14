import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { uuidIds } from '../../../src/adapters/ids/uuid-ids.ts';
import { configEventOf } from '../../../src/admin/commands/config-event.ts';
import { CONFIG_EVENT_TYPES, type ConfigChange, NOT_THERE } from '../../../src/admin/ports/config-change.ts';
import { JSON_SCHEMAS } from '../../../src/generated/json-schemas.ts';
import { compileJsonSchema } from '../../schemas/compile-json-schema.ts';

const clock = { now: () => Date.parse('2026-03-01T10:00:00.123Z'), monotonicMs: () => 0 };
const eventOf = (change: ConfigChange) => configEventOf({ ids: uuidIds, clock }, change);
const validate = compileJsonSchema('mmm.admin_config-value');

const CHANGE: ConfigChange = {
  tenantId: 'acme',
  type: 'playbook.published',
  id: 'p1',
  before: { version: 1, digest: 'a'.repeat(64), status: 'published' },
  after: { version: 2, digest: 'b'.repeat(64), status: 'published' },
  repeats: null,
  who: 'cli:ann',
  auditId: '7',
};

const states = fc.record({
  version: fc.option(fc.integer({ min: 1, max: 1_000_000 })),
  digest: fc.option(fc.stringMatching(/^[0-9a-f]{64}$/)),
  status: fc.option(fc.constantFrom('draft', 'published', 'active')),
});
const changes: fc.Arbitrary<ConfigChange> = fc.record({
  tenantId: fc.string({ minLength: 1, maxLength: 255 }),
  type: fc.constantFrom(...CONFIG_EVENT_TYPES),
  id: fc.string({ minLength: 1 }),
  before: states,
  after: states,
  repeats: fc.option(fc.integer({ min: 1 })),
  who: fc.string({ minLength: 1 }),
  auditId: fc.integer({ min: 1 }).map(String),
});

test('given a published version, the event says what it was and is, who did it, and no more', () => {
  expect(eventOf(CHANGE)).toEqual({
    event_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    tenant_id: 'acme',
    timestamp_utc: '2026-03-01T10:00:00.123Z',
    event_type: 'playbook.published',
    payload: {
      kind: 'playbook',
      id: 'p1',
      version: 2,
      digest: 'b'.repeat(64),
      status: 'published',
      'before.version': 1,
      'before.digest': 'a'.repeat(64),
      'before.status': 'published',
      repeats: null,
      changed_by: 'cli:ann',
      audit_id: '7',
    },
  });
});

test('every change is an event that its JSON Schema takes, and the schema names the same types', () => {
  fc.assert(
    fc.property(changes, (change) => {
      expect([validate(eventOf(change)), validate.errors]).toEqual([true, null]);
    }),
  );
  const { properties } = JSON.parse(JSON_SCHEMAS['mmm.admin_config-value'].text) as {
    properties: { event_type: { enum: string[] } };
  };
  expect(properties.event_type.enum).toEqual([...CONFIG_EVENT_TYPES]);
  expect(validate({ ...eventOf(CHANGE), event_type: 'playbook.sung' })).toBe(false);
});

test('the same change is the same event, whoever gives the command again; another one is another', () => {
  const id = eventOf(CHANGE).event_id;
  expect(eventOf({ ...CHANGE, who: 'cli:bob', auditId: '8' }).event_id).toBe(id);
  const others: Partial<ConfigChange>[] = [
    { tenantId: 'other' },
    { type: 'playbook.deprecated' },
    { id: 'p2' },
    { after: { ...CHANGE.after, version: 3 } },
    { after: { ...CHANGE.after, digest: 'c'.repeat(64) } },
  ];
  expect(new Set([id, ...others.map((change) => eventOf({ ...CHANGE, ...change }).event_id)]).size).toBe(6);
});

test('what may happen again to the same version is told apart by its line in the audit', () => {
  const again = (type: ConfigChange['type']): number =>
    new Set(['7', '8'].map((auditId) => eventOf({ ...CHANGE, type, auditId }).event_id)).size;
  const repeatable = CONFIG_EVENT_TYPES.filter((type) => again(type) === 2);
  expect(repeatable).toEqual([
    'actor.applied',
    'playbook.shadow_started',
    'playbook.shadow_stopped',
    'experiment.applied',
    'experiment.activated',
    'experiment.held',
    'experiment.deactivated',
  ]);
});

test('no address of a person goes out: neither of who was changed nor of who changed it', () => {
  const event = eventOf({
    ...CHANGE,
    type: 'actor.applied',
    id: 'dev.one@example.org',
    before: NOT_THERE,
    after: NOT_THERE,
    who: 'lead@example.org',
  });
  expect(JSON.stringify(event)).not.toMatch(/@|example|dev\.one|lead/);
  expect(event.payload['changed_by']).toMatch(/^sha256:[0-9a-f]{64}$/);
  const same = eventOf({ ...CHANGE, type: 'actor.applied', id: 'dev.one@example.org' });
  expect(same.payload['id']).toBe(event.payload['id']);
  const elsewhere = eventOf({ ...CHANGE, type: 'actor.applied', id: 'dev.one@example.org', tenantId: 'other' });
  expect(elsewhere.payload['id']).not.toBe(event.payload['id']);
});
