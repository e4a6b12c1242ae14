import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ContextEvent, contextEventOf } from '../../../src/domain/context/context-event.ts';
import { contextFactsOf, INCIDENT_STALE_MS, RELEASE_STALE_MS } from '../../../src/domain/context/context-facts.ts';
import { type DatedEvent, foldContext } from '../../../src/domain/context/tenant-context.ts';
import type { MmmSignalInput } from '../../../src/generated/records.ts';
import { aSignal, MINUTE, NOON } from '../decision/given.ts';

const eventOf = (change: Partial<MmmSignalInput>): ContextEvent | null => contextEventOf(aSignal(change));
const incident = (atMs: number, change: Partial<ContextEvent> = {}): DatedEvent => ({
  atMs,
  event: { kind: 'incident', id: 'INC-1', repo: null, severity: 'high', open: true, ...change },
});
const release = (atMs: number, open: boolean, change: Partial<ContextEvent> = {}): DatedEvent => ({
  atMs,
  event: { kind: 'release', id: '["api","prod"]', repo: 'org/app', severity: 'info', open, ...change },
});
const factsAt = (
  events: readonly DatedEvent[],
  change: Partial<MmmSignalInput> = {},
  nowMs = NOON,
  min: Parameters<typeof contextFactsOf>[2] = 'info',
) => contextFactsOf(foldContext(events), aSignal(change), min, nowMs);

describe('what a signal says of its surroundings', () => {
  const about = { payload: { incident_id: 'INC-1' } };

  test('an incident is open until it is mitigated or resolved, whatever else is said of it', () => {
    for (const word of ['open', 'acknowledged', 'snoozed', 'escalated'])
      expect(eventOf({ event_type: `incident.${word}`, ...about })).toMatchObject({ id: 'INC-1', open: true });
    for (const word of ['mitigated', 'resolved'])
      expect(eventOf({ event_type: `incident.${word}`, ...about })).toMatchObject({ id: 'INC-1', open: false });
  });

  test('it says so also when it names an actor or a service', () => {
    expect(eventOf({ event_type: 'incident.open', actor_type: 'service', ...about })).not.toBeNull();
    expect(eventOf({ event_type: 'incident.open', actor_id: null, ...about })).not.toBeNull();
  });

  test('an alert that belongs to no incident is none: our own alerts would else silence the tenant', () => {
    const alert = (incident_id: string) => ({
      event_type: 'incident.open',
      payload: { alert_id: 'A-1', incident_id },
    });
    expect(eventOf(alert('A-1'))).toBeNull();
    expect(eventOf(alert('INC-1'))).toMatchObject({ id: 'INC-1' });
  });

  test('a release that failed is open in its repository until one succeeds or it is rolled back', () => {
    const of = (status: string, change: Partial<MmmSignalInput> = {}) =>
      eventOf({ event_type: `release.${status}`, payload: { service: 'api' }, ...change });
    expect(of('failed')).toMatchObject({ kind: 'release', repo: 'org/app', open: true });
    expect(of('succeeded')).toMatchObject({ open: false });
    expect(of('rolled_back')).toMatchObject({ open: false });
    expect(of('started')).toBeNull();
    expect(of('failed', { repo_id: null })).toBeNull();
    expect(eventOf({ event_type: 'commit_pushed' })).toBeNull();
    expect(eventOf({ event_type: 'build_failed' })).toBeNull();
  });
});

describe('the context of a tenant', () => {
  test('the last word of each incident counts, by the time of the event', () => {
    expect(factsAt([incident(NOON - 5), incident(NOON - 1, { open: false })]).incidentActive).toBe(false);
    expect(factsAt([incident(NOON - 1), incident(NOON - 5, { open: false })]).incidentActive).toBe(true);
    expect(factsAt([incident(NOON - 5, { open: false }), incident(NOON - 5)]).incidentActive).toBe(false);
    expect(factsAt([incident(NOON - 5), incident(NOON - 1, { id: 'INC-2', open: false })]).incidentActive).toBe(true);
  });

  test('does not depend on the order in which the events arrived', () => {
    const events = fc.array(
      fc.record({
        atMs: fc.integer({ min: NOON - 6, max: NOON }),
        event: fc.record({
          kind: fc.constantFrom('incident' as const, 'release' as const),
          id: fc.constantFrom('a', 'b'),
          repo: fc.constantFrom('org/app', 'org/lib'),
          severity: fc.constantFrom('high' as const, 'info' as const),
          open: fc.boolean(),
        }),
      }),
      { maxLength: 8 },
    );
    // Of events at one time the repository may differ; whether something is open may not.
    const open = (list: readonly DatedEvent[]): string[] => {
      const folded = foldContext(list);
      return [...folded.incidents, ...folded.failedReleases].map(({ id, lastMs }) => `${id} ${lastMs}`).sort();
    };
    fc.assert(fc.property(events, (list) => expect(open(list.toReversed())).toEqual(open(list))));
  });

  test('an incident without a repository is the whole tenant`s, one with a repository only of that', () => {
    expect(factsAt([incident(NOON)], { repo_id: null }).incidentActive).toBe(true);
    expect(factsAt([incident(NOON, { repo: 'org/app' })]).causes).toEqual([
      { kind: 'incident', id: 'INC-1', repo: 'org/app' },
    ]);
    expect(factsAt([incident(NOON, { repo: 'org/lib' })]).incidentActive).toBe(false);
    expect(factsAt([incident(NOON, { repo: 'org/app' })], { repo_id: null }).incidentActive).toBe(false);
  });

  test('a later event without repository or with a lower severity takes nothing back', () => {
    const events = [incident(NOON - 5, { repo: 'org/lib' }), incident(NOON - 1, { severity: 'info' })];
    expect(factsAt(events).incidentActive).toBe(false);
    expect(factsAt(events, { repo_id: 'org/lib' }, NOON, 'high').incidentActive).toBe(true);
  });

  test('below the tenant`s severity an incident mutes nothing', () => {
    expect(factsAt([incident(NOON, { severity: 'medium' })], {}, NOON, 'high').incidentActive).toBe(false);
    expect(factsAt([incident(NOON, { severity: 'high' })], {}, NOON, 'high').incidentActive).toBe(true);
  });

  test('what nobody has spoken of for long is forgotten, to the millisecond', () => {
    const stale = [incident(NOON - INCIDENT_STALE_MS)];
    expect(factsAt(stale, {}, NOON - 1).incidentActive).toBe(true);
    expect(factsAt(stale).incidentActive).toBe(false);
    const failed = [release(NOON - RELEASE_STALE_MS, true)];
    expect(factsAt(failed, {}, NOON - 1).releaseFailed).toBe(true);
    expect(factsAt(failed).releaseFailed).toBe(false);
  });

  test('a failed release is over with the next of the same service and environment, and is of its repository', () => {
    expect(factsAt([release(NOON - MINUTE, true)]).releaseFailed).toBe(true);
    expect(factsAt([release(NOON - MINUTE, true), release(NOON, false)]).releaseFailed).toBe(false);
    const otherService = release(NOON, false, { id: '["web","prod"]' });
    expect(factsAt([release(NOON - MINUTE, true), otherService]).releaseFailed).toBe(true);
    expect(factsAt([release(NOON, true)], { repo_id: 'org/lib' }).releaseFailed).toBe(false);
    expect(factsAt([release(NOON, true)], { repo_id: null }).releaseFailed).toBe(false);
  });
});
