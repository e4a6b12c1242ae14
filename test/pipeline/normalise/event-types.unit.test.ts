import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import type { SignalSource } from '../../../src/pipeline/ports/normaliser.ts';
import { NOW_MS, normaliser, sinEnvelope } from '../intake/harness.ts';

interface Catalogue {
  readonly [source: string]: {
    readonly common: Readonly<Record<string, string>>;
    readonly types: Readonly<Record<string, { readonly payload: Readonly<Record<string, string>> }>>;
  };
}
const catalogue = parse(
  readFileSync(new URL('../../../schemas/event-types.yaml', import.meta.url), 'utf8'),
) as Catalogue;

const base = { tenant_id: 't', occurred_at: '2026-01-02T11:00:00Z', event_id: 'e', actor_id: 'a' };
/** One document of each shape with every field that ends up in a payload. */
const full: readonly (readonly [SignalSource, Record<string, unknown>])[] = [
  [
    'pm3',
    sinEnvelope({
      signal_type: 'build_failed',
      payload: { event_name: 'x', severity: 'info', actor_type: 'human', build_id: 'b1', incident_id: 'i' },
      resource: { service_name: 's', module: 'm', deployment_id: 'd', pr_id: 1 },
    }),
  ],
  [
    'ubi',
    {
      ...base,
      ...{
        signal_id: 'u',
        actor_scope: 'team',
        actor_or_group_id: 'g',
        dimension: 'flow',
        signal_type: 'risk',
        score: 1,
      },
      ...{ status: 'active', evidence_refs: [], created_at: base.occurred_at, updated_at: 'x', resolved_at: 'x' },
    },
  ],
  [
    'detection',
    {
      ...base,
      ...{ alert_id: 'd', evaluation_point: 'pre-merge', pr_id: '12', confidence: 1, evidence_handles: [] },
      decision: { status: 'warn', rationale: 'prose', badges: [] },
    },
  ],
  ['release', { ...base, status: 'failed', service: 's', version: 'v', reason: 'r' }],
  [
    'incident',
    { ...base, incident_id: 'i', status: 'open', severity: 'P1', title: 't', component_id: 'c', alert_ids: [] },
  ],
  ...['created', 'acknowledged', 'resolved', 'snoozed', 'unsnoozed'].map(
    (word) =>
      [
        'incident',
        {
          ...{ event_type: `alert.${word}`, timestamp: base.occurred_at },
          alert: { tenant_id: 't', alert_id: 'a', category: 'c', source_module: 'm', summary: 's', component_id: 'x' },
        },
      ] as const,
  ),
  [
    'trigger',
    {
      ...base,
      trigger_id: 'g',
      requested_at: base.occurred_at,
      evaluation_point: 'pre-merge',
      surface: 'ci',
      pr_id: '7',
    },
  ],
];

test.each(full)(
  '%s: every type and payload key is in schemas/event-types.yaml, with its type',
  async (source, document) => {
    const outcome = await normaliser.normalise(source, document, {
      origin: { topic: 'x', partition: 0, offset: '1' },
      recordTimestampMs: 1,
      receivedAtMs: NOW_MS,
      traceParent: null,
    });
    if (outcome.kind !== 'normalised') throw new Error(outcome.message);
    const { event_type: type, payload } = outcome.signal;
    const listed = catalogue[source]?.types[type];
    expect(listed).toBeDefined();
    const keys = { ...catalogue[source]?.common, ...listed?.payload };
    for (const [key, value] of Object.entries(payload)) expect([key, keys[key]]).toEqual([key, typeof value]);
  },
);
