import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ERRORS, MmmError } from '../../../src/errors.ts';
import { SIGNAL_SOURCES } from '../../../src/pipeline/ports/normaliser.ts';
import type { NormaliseOutcome } from '../../../src/pipeline/ports/normaliser.ts';
import { NOW_MS, decoder, normaliser, openIntake, rawRecord, signalType } from '../intake/harness.ts';

const context = {
  origin: { topic: 'x', partition: 0, offset: '1' },
  recordTimestampMs: 1,
  receivedAtMs: NOW_MS,
  traceParent: null,
};

const holds = (outcome: NormaliseOutcome): void => {
  if (outcome.kind === 'rejected') {
    expect(Object.keys(ERRORS)).toContain(outcome.code);
    expect(Buffer.byteLength(outcome.message)).toBeLessThanOrEqual(1_024);
    return;
  }
  expect(signalType.isValid(outcome.signal)).toBe(true);
  expect(Object.values(outcome.signal.payload).every((value) => typeof value !== 'object')).toBe(true);
};

/** Documents that are often nearly right. */
const names = [
  'signal_id',
  'tenant_id',
  'actor_id',
  'signal_type',
  'occurred_at',
  'payload',
  'resource',
  'alert_id',
  'decision',
  'evaluation_point',
  'event_id',
  'incident_id',
  'status',
  'severity',
  'alert',
  'receipt',
  'trigger_id',
  'requested_at',
  'surface',
  'actor_scope',
  'actor_or_group_id',
  'dimension',
  'created_at',
  'event_type',
  'timestamp',
];
const value = fc.oneof(
  fc.constantFrom<unknown>(
    't-1',
    '2026-01-02T11:00:00Z',
    '2026-01-02T11:00:00',
    'open',
    'failed',
    'ide',
    'actor',
    'risk',
    'pre-commit',
    null,
    '',
  ),
  fc.json().map((text) => JSON.parse(text) as unknown),
  fc.dictionary(
    fc.constantFrom('status', 'alert_id', 'tenant_id', 'receipt_id', 'actor', 'severity', 'repository', 'a'),
    fc.oneof(fc.string(), fc.integer(), fc.double(), fc.constant(null)),
  ),
  fc.string({ unit: 'binary' }),
);
const document = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: names.length });

test('any document of any source has an outcome, and what is normalised always encodes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...SIGNAL_SOURCES), document, async (source, given) =>
      holds(await normaliser.normalise(source, given, context)),
    ),
    { numRuns: 2_000 },
  );
});

test('any value at all has an outcome', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...SIGNAL_SOURCES),
      fc.anything({ withNullPrototype: true, withBigInt: true }),
      async (source, given) => holds(await normaliser.normalise(source, given, context)),
    ),
  );
});

test('any bytes make one signal, one dead letter or nothing; none throws', async () => {
  const { deliver, written } = await openIntake();
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 50 }).map((tail) => Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), tail])),
  );
  await fc.assert(
    fc.asyncProperty(
      bytes,
      fc.constantFrom('pm3.signals.normalized', 'release.events', 'incident.events'),
      async (given, channel) => {
        written.length = 0;
        await deliver([rawRecord(given, { channel })]);
        expect(written).toHaveLength(1);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('decoding throws only errors of the catalogue', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      try {
        decoder.decode('pm3.signals.normalized', bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(MmmError);
      }
    }),
  );
});

test('prototypes stay clean', async () => {
  await normaliser.normalise(
    'pm3',
    JSON.parse('{"payload":{"__proto__":{"polluted":1}},"__proto__":{"polluted":1}}'),
    context,
  );
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});
