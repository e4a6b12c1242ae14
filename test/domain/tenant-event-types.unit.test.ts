import { expect, test } from '@jest/globals';
import { eventTypesOf } from '../../src/domain/playbook/event-types.ts';
import { tenantEventTypesFrom, withTenantTypes } from '../../src/domain/tenant-event-types.ts';
import { EVENT_TYPES } from '../../src/generated/event-types.ts';

const OWN = { event_types: { 'design.review_done': { about: 'A design was reviewed', payload: { score: 'number' } } } };

test("a tenant's own event types stand beside the known ones", () => {
  const own = tenantEventTypesFrom(OWN);
  if (!own.ok) throw new Error(JSON.stringify(own.findings));
  const types = withTenantTypes(EVENT_TYPES, own.types);
  expect(eventTypesOf('design.*', types).map(({ payload }) => payload)).toEqual([{ score: 'number' }]);
  expect(eventTypesOf('design.*', EVENT_TYPES)).toEqual([]);
  expect(eventTypesOf('commit_pushed', types)).toEqual(eventTypesOf('commit_pushed', EVENT_TYPES));
});

test('a known type may be given further keys, and keeps its own', () => {
  const own = tenantEventTypesFrom({ event_types: { commit_pushed: { payload: { ticket: 'string' } } } });
  if (!own.ok) throw new Error(JSON.stringify(own.findings));
  expect(withTenantTypes(EVENT_TYPES, own.types)['commit_pushed']?.payload).toMatchObject({
    ticket: 'string',
    files_changed: 'number',
  });
});

test('none is no fault; what can not be read is one, with its place', () => {
  expect(tenantEventTypesFrom({ id: 'a' })).toEqual({ ok: true, types: {} });
  const parsed = tenantEventTypesFrom({
    event_types: { 'Design.*': { payload: { a: 'text' } }, b: { keys: {} }, c: { payload: [] } },
  });
  expect(parsed.ok ? [] : parsed.findings.map(({ path, message }) => `${path}: ${message}`)).toEqual([
    'event_types.Design.*: is not an event type',
    'event_types.Design.*.payload.a: is not one of the words allowed here',
    'event_types.b.keys: is not a known field',
    'event_types.c.payload: is not an object',
  ]);
  expect(tenantEventTypesFrom({ event_types: [] })).toMatchObject({ ok: false });
});
