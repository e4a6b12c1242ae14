import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import avsc from 'avsc';
import { JSON_SCHEMAS } from '../../src/generated/json-schemas.ts';
import type { JsonSubject } from '../../src/generated/json-schemas.ts';
import { TOPICS } from '../../src/generated/topics.ts';
import { compileJsonSchema } from './compile-json-schema.ts';
import { RECEIPT } from './samples.ts';

const AT = '2026-03-01T10:00:00Z';
type Sample = Readonly<Record<string, unknown>>;

/** What a producer must send, and everything it may send. */
const INPUTS: Readonly<Record<string, { readonly least: Sample; readonly more: Sample }>> = {
  'pm3.signals.normalized': {
    least: { signal_id: 's', tenant_id: 't', signal_type: 'pr_opened', occurred_at: AT },
    more: {
      environment: 'dev',
      producer_id: 'p',
      actor_id: 'a',
      signal_kind: 'event',
      ingested_at: AT,
      trace_id: 't',
      span_id: 's',
      correlation_id: 'c',
      resource: { repository: 'org/repo', branch: 'b', pr_id: 7, service_name: null },
      payload: { severity: 'info', tags: { a: 'b' }, attributes: { n: 1, f: true }, list: ['x'], none: null },
      schema_version: '1.0.0',
      sequence_no: 3,
    },
  },
  'ubi.behavioural_signals': {
    least: {
      signal_id: 's',
      tenant_id: 't',
      actor_scope: 'actor',
      actor_or_group_id: 'a',
      dimension: 'flow',
      signal_type: 'risk',
      created_at: AT,
    },
    more: {
      score: 71.5,
      severity: 'WARN',
      status: 'active',
      updated_at: AT,
      evidence_refs: [{ evidence_id: 'e', data: { v: 1 } }],
      resolved_at: null,
    },
  },
  'detection.alerts': {
    least: {
      alert_id: 'a',
      tenant_id: 't',
      occurred_at: AT,
      evaluation_point: 'pre-merge',
      decision: { status: 'warn' },
    },
    more: {
      actor_id: 'a',
      actor_type: 'human',
      severity: 'high',
      decision: { status: 'warn', rationale: 'r', badges: ['b'] },
      repo_id: 'r',
      branch: 'b',
      commit: 'c',
      file_path: 'f',
      pr_id: '7',
      confidence: 0.5,
      evidence_handles: [{ url: 'u' }],
    },
  },
  'release.events': {
    least: { event_id: 'e', tenant_id: 't', occurred_at: AT, status: 'rolled_back' },
    more: { service: 's', repo_id: 'r', environment: 'prod', version: '1', commit: 'c', actor_id: 'a', reason: 'x' },
  },
  'incident.events': {
    least: { event_id: 'e', tenant_id: 't', incident_id: 'i', occurred_at: AT, status: 'open', severity: 'P1' },
    more: { title: 't', component_id: 'c', repo_id: 'r', actor_id: 'a', alert_ids: ['x'] },
  },
  'mmm.triggers': {
    least: {
      trigger_id: 'x',
      tenant_id: 't',
      actor_id: 'a',
      requested_at: AT,
      evaluation_point: 'pre-commit',
      surface: 'ci',
    },
    more: {
      actor_type: 'human',
      repo_id: 'r',
      branch: 'b',
      commit: 'c',
      pr_id: '7',
      file_path: 'f',
      payload: { n: 1 },
    },
  },
  'mmm.outcome_reports': {
    least: {
      outcome_id: 'o',
      tenant_id: 't',
      decision_id: 'd',
      action_id: 'x',
      actor_id: 'a',
      result: 'shown',
      occurred_at: AT,
    },
    more: { result: 'dismissed', reason: 'not_useful' },
  },
  'governance.actor_deletions': {
    least: { request_id: 'r', tenant_id: 't', actor_id: 'a', requested_at: AT },
    more: { reason: 'left' },
  },
};

test('every input topic has a sample here', () => {
  const inputs = Object.values(TOPICS).filter((topic) => topic.direction === 'in');
  expect(Object.keys(INPUTS).sort()).toEqual(inputs.map((topic) => topic.name).sort());
});

describe.each(Object.entries(INPUTS))('%s', (topic, { least, more }) => {
  const subject = `${topic}-value` as JsonSubject;
  const validate = compileJsonSchema(subject);

  test('the least, everything, and an unknown extra field are taken', () => {
    for (const record of [least, { ...least, ...more }, { ...least, something_new: { a: [1] } }]) {
      expect([validate(record), validate.errors]).toEqual([true, null]);
    }
  });

  test('a required field may not be missing', () => {
    for (const name of Object.keys(least)) {
      const rest: unknown = Object.fromEntries(Object.entries(least).filter(([key]) => key !== name));
      expect([name, validate(rest)]).toEqual([name, false]);
    }
  });

  test('as Avro everything comes back as it went in', () => {
    const path = fileURLToPath(new URL(`../../schemas/${subject}/v1.avsc`, import.meta.url));
    const schema = JSON.parse(readFileSync(path, 'utf8')) as avsc.Schema;
    const type = avsc.Type.forSchema(schema, { wrapUnions: 'auto' });
    const record = { ...least, ...more };
    expect(JSON.parse(JSON.stringify(type.fromBuffer(type.toBuffer(record))))).toMatchObject(record);
  });
});

test('a dismissed or failed outcome needs a reason', () => {
  const validate = compileJsonSchema('mmm.outcome_reports-value');
  const { least } = INPUTS['mmm.outcome_reports'] ?? {};
  for (const result of ['dismissed', 'failed']) {
    expect(validate({ ...least, result })).toBe(false);
    expect(validate({ ...least, result, reason: 'not_useful' })).toBe(true);
  }
});

describe('receipt', () => {
  const validate = compileJsonSchema('mmm.receipts-value');

  test('the sample that the compiler holds to the type is valid', () => {
    expect([validate(RECEIPT), validate.errors]).toEqual([true, null]);
  });

  test('a field that ERIS would drop is refused: it would break the signature', () => {
    for (const name of ['tenant_id', 'kid', 'plane', 'risk_score']) {
      expect([name, validate({ ...RECEIPT, [name]: 'x' })]).toEqual([name, false]);
    }
  });

  test.each([
    ['a receipt id that is no UUID', { receipt_id: 'receipt-1' }],
    ['a time without milliseconds', { timestamp_utc: '2026-03-01T10:00:00Z' }],
    ['no evidence handles', { evidence_handles: null }],
    ['a mock signature', { signature: 'mock-sig-abc' }],
    ['a kid with a colon', { signature: 'sig-ed25519:KID:a:AAAA' }],
    ['an actor type of the edge', { actor: { repo_id: 'none', type: 'automated' } }],
  ])('%s is refused', (_name, change) => {
    expect(validate({ ...RECEIPT, ...change })).toBe(false);
  });
});

test('every schema compiles in strict mode', () => {
  for (const subject of Object.keys(JSON_SCHEMAS) as JsonSubject[]) {
    expect(compileJsonSchema(subject)).toBeInstanceOf(Function);
  }
});
