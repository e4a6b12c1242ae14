import { describe, expect, test } from '@jest/globals';
import type { MmmSignalInput } from '../../../src/generated/records.ts';
import { HTTP_ORIGIN } from '../../../src/pipeline/ports/normaliser.ts';
import type { DocumentContext, NormaliseOutcome, SignalSource } from '../../../src/pipeline/ports/normaliser.ts';
import { NOW_MS, normaliser, sinEnvelope } from '../intake/harness.ts';

const context: DocumentContext = {
  origin: { topic: 'x', partition: 1, offset: '9' },
  recordTimestampMs: NOW_MS,
  receivedAtMs: NOW_MS,
  traceParent: null,
};
const run = (source: SignalSource, document: unknown, change: Partial<DocumentContext> = {}) =>
  normaliser.normalise(source, document, { ...context, ...change });
const signalOf = async (outcome: NormaliseOutcome | Promise<NormaliseOutcome>): Promise<MmmSignalInput> => {
  const settled = await outcome;
  if (settled.kind !== 'normalised') throw new Error(`${settled.code} ${settled.message}`);
  return settled.signal;
};
const codeOf = async (outcome: NormaliseOutcome | Promise<NormaliseOutcome>): Promise<string> => {
  const settled = await outcome;
  return settled.kind === 'rejected' ? settled.code : 'normalised';
};
const notesOf = async (outcome: NormaliseOutcome | Promise<NormaliseOutcome>): Promise<readonly string[]> => {
  const settled = await outcome;
  return settled.kind === 'normalised' ? settled.notes : [settled.code];
};

describe('pm3', () => {
  test('a real SIN envelope keeps severity, producer, place and trace (D-78a, C-11)', async () => {
    const signal = await signalOf(
      run(
        'pm3',
        sinEnvelope({
          trace_id: 'A'.repeat(32),
          span_id: 'b'.repeat(16),
          resource: {
            repository: 'org/repo',
            branch: 'main',
            commit: 'abc',
            plane: 'edge',
            file_path: 'a.ts',
            pr_id: 12,
            environment: 'x',
          },
        }),
      ),
    );
    expect(signal).toMatchObject({
      source_signal_id: 's-1',
      source: 'pm3',
      event_type: 'commit_pushed',
      severity: 'medium',
      actor_type: 'human',
      actor_id: 'dev-1',
      repo_id: 'org/repo',
      branch: 'main',
      commit: 'abc',
      file_path: 'a.ts',
      plane: 'edge',
      environment: 'dev',
      occurred_at: '2026-01-02T11:00:00.000Z',
      received_at: '2026-01-02T12:00:00.000Z',
      trace_parent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`,
      origin: context.origin,
    });
    expect(signal.payload).toMatchObject({
      producer_id: 'github-1',
      signal_kind: 'event',
      files_changed: 3,
      pr_number: 12,
    });
    expect(signal.subject).toMatchObject({ kind: 'pull_request', pr_number: 12, repo_id: 'org/repo' });
  });
  test('log_level is a severity; unknown words are info and counted, never dropped (D-64, C-14)', async () => {
    expect((await signalOf(run('pm3', sinEnvelope({ payload: { log_level: 'error' } })))).severity).toBe('high');
    const odd = run(
      'pm3',
      sinEnvelope({
        environment: 'mars',
        resource: { plane: 'astral' },
        payload: { severity: 'fatal', actor_type: 'robot' },
      }),
    );
    expect(await signalOf(odd)).toMatchObject({
      severity: 'info',
      actor_type: 'service',
      environment: null,
      plane: null,
    });
    expect(await notesOf(odd)).toEqual([
      'actor_type_unknown',
      'severity_unknown',
      'environment_unknown',
      'plane_unknown',
    ]);
  });
  test('the names of the requirement document are taken too, and give the same id (C-11)', async () => {
    const prd = {
      signal_id: 's-1',
      tenant_id: 't-1',
      actor_id: 'dev-1',
      actor_type: 'ai',
      source: 'github-1',
      event_type: 'PUSH',
      ts: '2026-01-02T11:00:00',
      severity: 'warn',
      payload: { n: 1 },
    };
    const signal = await signalOf(run('pm3', prd));
    expect(signal).toMatchObject({
      event_type: 'commit_pushed',
      actor_type: 'ai_agent',
      severity: 'medium',
      occurred_at: '2026-01-02T11:00:00.000Z',
    });
    expect(signal.payload['producer_id']).toBe('github-1');
    expect(signal.signal_id).toBe((await signalOf(run('pm3', sinEnvelope()))).signal_id);
    expect(await notesOf(run('pm3', prd))).toEqual(['prd_envelope', 'time_without_zone']);
  });
  test('by HTTP and by topic one signal has one id; another tenant has another', async () => {
    const byTopic = await signalOf(run('pm3', sinEnvelope()));
    const byHttp = await signalOf(run('pm3', sinEnvelope(), { origin: HTTP_ORIGIN, recordTimestampMs: null }));
    expect(byHttp.signal_id).toBe(byTopic.signal_id);
    expect((await signalOf(run('pm3', sinEnvelope({ tenant_id: 't-2' })))).signal_id).not.toBe(byTopic.signal_id);
    expect(byTopic.signal_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5/);
  });
  test('nobody to nudge is context; unknown types and fields are no errors', async () => {
    for (const actor of [undefined, null, '', '  '])
      expect((await signalOf(run('pm3', sinEnvelope({ actor_id: actor })))).actor_id).toBeNull();
    expect((await signalOf(run('pm3', sinEnvelope({ signal_type: 'Brand_New', extra: { x: 1 } })))).event_type).toBe(
      'brand_new',
    );
  });
  test('the payload is flat: dots, lengths, no nulls', async () => {
    const { payload } = await signalOf(
      run('pm3', sinEnvelope({ payload: { a: { b: { c: 1 }, n: null }, list: [1, [2]], ok: true, bad: '\ud800x' } })),
    );
    expect(payload).toEqual({
      'a.b.c': 1,
      list: 2,
      ok: true,
      bad: '\ufffdx',
      producer_id: 'github-1',
      signal_kind: 'event',
    });
  });
  test.each([
    ['tenant_id', 'TENANT_MISSING'],
    ['signal_id', 'ID_MISSING'],
    ['signal_type', 'SCHEMA_VIOLATION'],
    ['occurred_at', 'TIME_MISSING'],
  ])('without %s it is refused with %s (D-78)', async (field, code) => {
    for (const value of [undefined, null, ''])
      expect(await codeOf(run('pm3', sinEnvelope({ [field]: value })))).toBe(code);
  });
  test.each([
    [{ tenant_id: 5 }, 'SCHEMA_VIOLATION'],
    [{ tenant_id: ' ' }, 'TENANT_MISSING'],
    [{ signal_id: 'x'.repeat(256) }, 'ID_INVALID'],
    [{ signal_id: 'a\u0000' }, 'ID_INVALID'],
    [{ actor_id: 'a\u0085b' }, 'ID_INVALID'],
    [{ actor_id: '\ud800' }, 'ID_INVALID'],
    [{ actor_id: {} }, 'SCHEMA_VIOLATION'],
    [{ occurred_at: 1_767_312_000 }, 'SCHEMA_VIOLATION'],
    [{ occurred_at: 'yesterday' }, 'TIME_MISSING'],
    [{ occurred_at: '2026-01-02T12:10:00.001Z' }, 'TIME_IN_FUTURE'],
    [{ occurred_at: '2026-01-02T12:10:00Z' }, 'normalised'],
    [{ occurred_at: '1999-01-01T00:00:00Z' }, 'normalised'],
    [{ signal_id: 'x'.repeat(255) }, 'normalised'],
    [{ payload: 'text' }, 'SCHEMA_VIOLATION'],
    [{ payload: [1] }, 'SCHEMA_VIOLATION'],
    [{ resource: 7 }, 'SCHEMA_VIOLATION'],
    [{ payload: null }, 'normalised'],
    [{ resource: { pr_id: 1.5 } }, 'SCHEMA_VIOLATION'],
    [{ resource: { pr_id: 'PROJ-1' } }, 'normalised'],
    [{ resource: { branch: 3 } }, 'SCHEMA_VIOLATION'],
  ])('%j: %s', async (change, code) => expect(await codeOf(run('pm3', sinEnvelope(change)))).toBe(code));
  test.each([
    [{ payload: { build_id: 'b1' }, resource: { file_path: 'a', branch: 'm' } }, 'build'],
    [{ resource: { file_path: 'a', commit: 'c' } }, 'file'],
    [{ resource: { repository: 'r' } }, 'repository'],
  ])('subject of %j is %s', async (change, kind) =>
    expect((await signalOf(run('pm3', sinEnvelope(change)))).subject?.kind).toBe(kind),
  );
});

describe('ubi', () => {
  const ubi = (change: Record<string, unknown> = {}) => ({
    signal_id: 'u-1',
    tenant_id: 't-1',
    actor_scope: 'actor',
    actor_or_group_id: 'dev-1',
    dimension: 'flow',
    signal_type: 'Risk',
    score: 81.5,
    severity: 'CRITICAL',
    status: 'active',
    evidence_refs: [{}, {}],
    created_at: '2026-01-02T11:00:00+00:00',
    updated_at: '2026-01-02T11:00:00+00:00',
    resolved_at: null,
    ...change,
  });
  test('scope actor names a person (R-1)', async () => {
    const signal = await signalOf(run('ubi', ubi()));
    expect(signal).toMatchObject({
      actor_id: 'dev-1',
      actor_type: 'human',
      event_type: 'ubi.flow.risk',
      severity: 'critical',
    });
    expect(signal.payload).toMatchObject({ score: 81.5, evidence_refs: 2, status: 'active' });
  });
  test('every wider or unknown scope is context and nobody is named (design 3.1)', async () => {
    for (const scope of ['team', 'cohort', 'tenant', 'squad', 'ACTORS']) {
      const signal = await signalOf(run('ubi', ubi({ actor_scope: scope })));
      expect([signal.actor_id, signal.payload['group_id']]).toEqual([null, 'dev-1']);
    }
    expect(await notesOf(run('ubi', ubi({ actor_scope: 'squad' })))).toEqual(['actor_scope_unknown']);
  });
  test.each(['actor_scope', 'actor_or_group_id', 'dimension', 'signal_type'])(
    'without %s it is refused',
    async (field) => expect(await codeOf(run('ubi', ubi({ [field]: undefined })))).toBe('SCHEMA_VIOLATION'),
  );
});

describe('detection', () => {
  const alert = (change: Record<string, unknown> = {}) => ({
    alert_id: 'a-1',
    tenant_id: 't-1',
    occurred_at: '2026-01-02T11:00:00Z',
    actor_id: 'dev-1',
    evaluation_point: 'pre-merge',
    decision: { status: 'soft_block', rationale: 'too risky', badges: ['x'] },
    repo_id: 'org/repo',
    pr_id: 12,
    ...change,
  });
  test('its severity follows from the status and it is acted on from high (R-2, R-10)', async () => {
    expect(await signalOf(run('detection', alert()))).toMatchObject({
      event_type: 'detection.soft_block',
      severity: 'high',
      actor_id: 'dev-1',
      evaluation_point: 'pre-merge',
      subject: { kind: 'pull_request', pr_number: 12 },
    });
    for (const status of ['pass', 'warn', 'unheard_of']) {
      expect((await signalOf(run('detection', alert({ decision: { status } })))).actor_id).toBeNull();
    }
    expect((await signalOf(run('detection', alert({ severity: 'low' })))).actor_id).toBeNull();
    expect(
      (await signalOf(run('detection', alert({ severity: 'critical', decision: { status: 'pass' } })))).actor_id,
    ).toBe('dev-1');
  });
  test('a DecisionResponse with the tenant beside it is one too', async () => {
    const response = {
      tenant_id: 't-1',
      confidence: 0.9,
      actor_id: 'dev-1',
      receipt: {
        receipt_id: 'r-1',
        timestamp_utc: '2026-01-02T11:00:00Z',
        evaluation_point: 'pre-commit',
        decision: { status: 'hard_block', rationale: 'x', badges: [] },
        actor: { repo_id: 'org/repo', machine_fingerprint: 'fp', type: 'ai' },
        context: { surface: 'pr', branch: 'b', commit: 'c', pr_id: '7' },
        evidence_handles: [{}],
      },
    };
    const signal = await signalOf(run('detection', response));
    expect(signal).toMatchObject({
      source_signal_id: 'r-1',
      event_type: 'detection.hard_block',
      severity: 'critical',
      actor_id: 'dev-1',
      actor_type: 'ai_agent',
      repo_id: 'org/repo',
      branch: 'b',
      commit: 'c',
      surface_hint: 'ci',
      evaluation_point: 'pre-commit',
      subject: { pr_number: 7 },
    });
    expect((await signalOf(run('detection', { ...response, actor_id: undefined }))).actor_id).toBeNull();
  });
  test('without decision, status or evaluation point it is refused', async () => {
    for (const change of [
      { decision: undefined },
      { decision: {} },
      { decision: 'pass' },
      { evaluation_point: null },
    ]) {
      expect(await codeOf(run('detection', alert(change)))).toBe('SCHEMA_VIOLATION');
    }
  });
});

describe('release', () => {
  const release = (change: Record<string, unknown> = {}) => ({
    event_id: 'e-1',
    tenant_id: 't-1',
    occurred_at: '2026-01-02T11:00:00Z',
    status: 'rolled_back',
    environment: 'production',
    repo_id: 'r',
    ...change,
  });
  test('names its status, environment and nobody unless told (R-3)', async () => {
    expect(await signalOf(run('release', release()))).toMatchObject({
      event_type: 'release.rolled_back',
      environment: 'prod',
      actor_id: null,
      severity: 'info',
    });
    expect((await signalOf(run('release', release({ actor_id: 'dev-1' })))).actor_id).toBe('dev-1');
    expect(await codeOf(run('release', release({ status: 'paused' })))).toBe('SCHEMA_VIOLATION');
  });
});

describe('incident', () => {
  const incident = (change: Record<string, unknown> = {}) => ({
    event_id: 'e-1',
    tenant_id: 't-1',
    incident_id: 'i-1',
    occurred_at: '2026-01-02T11:00:00Z',
    status: 'open',
    severity: 'P1',
    alert_ids: ['a'],
    ...change,
  });
  test('names its status, severity and subject (R-3)', async () => {
    expect(await signalOf(run('incident', incident()))).toMatchObject({
      event_type: 'incident.open',
      severity: 'high',
      subject: { kind: 'incident', incident_id: 'i-1' },
    });
    expect(await notesOf(run('incident', incident({ severity: 'P9' })))).toEqual(['severity_unknown']);
    for (const required of ['incident_id', 'severity'])
      expect(await codeOf(run('incident', incident({ [required]: undefined })))).toBe('SCHEMA_VIOLATION');
  });
  test('an event of the alert stream has its place as id; two events of one alert stay two (contracts 11)', async () => {
    const event = {
      event_type: 'alert.created',
      timestamp: '2026-01-02T11:00:00Z',
      alert: {
        alert_id: 'a-1',
        tenant_id: 't-1',
        severity: 'P0',
        incident_id: 'i-1',
        summary: 's',
        plane: 'Tenant',
        environment: 'prod',
        labels: { team: 'x' },
      },
    };
    const created = await signalOf(run('incident', event));
    expect(created).toMatchObject({
      event_type: 'incident.open',
      severity: 'critical',
      source_signal_id: null,
      actor_id: null,
      plane: 'tenant_cloud',
      subject: { incident_id: 'i-1' },
    });
    expect(created.payload).toMatchObject({ title: 's', 'labels.team': 'x' });
    const moved = { origin: { ...context.origin, offset: '10' } };
    const acknowledged = await signalOf(run('incident', { ...event, event_type: 'alert.acknowledged' }, moved));
    expect(acknowledged.event_type).toBe('incident.acknowledged');
    expect(acknowledged.signal_id).not.toBe(created.signal_id);
    expect((await signalOf(run('incident', event))).signal_id).toBe(created.signal_id);
    expect(await codeOf(run('incident', event, { origin: HTTP_ORIGIN, recordTimestampMs: null }))).toBe('ID_MISSING');
  });
});

describe('trigger', () => {
  const trigger = (change: Record<string, unknown> = {}) => ({
    trigger_id: 'g-1',
    tenant_id: 't-1',
    actor_id: 'dev-1',
    requested_at: '2026-01-02T11:00:00Z',
    evaluation_point: 'pre-commit',
    surface: 'ide',
    payload: { n: 1 },
    ...change,
  });
  test('names its evaluation point and surface (R-4)', async () => {
    expect(await signalOf(run('trigger', trigger()))).toMatchObject({
      event_type: 'trigger.pre-commit',
      evaluation_point: 'pre-commit',
      surface_hint: 'ide',
      payload: { n: 1 },
    });
    expect(await signalOf(run('trigger', trigger({ evaluation_point: 'Config' })))).toMatchObject({
      event_type: 'trigger.config',
      evaluation_point: null,
    });
    expect(await codeOf(run('trigger', trigger({ surface: 'alert' })))).toBe('SCHEMA_VIOLATION');
    expect(await codeOf(run('trigger', trigger({ actor_id: '' })))).toBe('SCHEMA_VIOLATION');
  });
});

test.each([`00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`, 'x', `01-${'a'.repeat(32)}-${'b'.repeat(16)}-01`])(
  'the trace header %s is not taken',
  async (traceParent) => expect((await signalOf(run('pm3', sinEnvelope(), { traceParent }))).trace_parent).toBeNull(),
);
