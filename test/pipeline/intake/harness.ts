import { readFileSync } from 'node:fs';
import avro from 'avsc';
import { uuidIds } from '../../../src/adapters/ids/uuid-ids.ts';
import { createSecretlintScanner } from '../../../src/adapters/secrets/secretlint-scanner.ts';
import { METRICS } from '../../../src/adapters/telemetry/prom-metrics.ts';
import { MmmError } from '../../../src/errors.ts';
import type { MmmSignalInput } from '../../../src/generated/records.ts';
import { createIntake } from '../../../src/pipeline/intake/intake.ts';
import type { IntakeDependencies } from '../../../src/pipeline/intake/intake.ts';
import { parseJsonBytes } from '../../../src/pipeline/normalise/json-text.ts';
import { createNormaliser } from '../../../src/pipeline/normalise/normalise-document.ts';
import type { InputDecoder, RecordCodec } from '../../../src/pipeline/ports/codec.ts';
import type { IntakeHandler, IntakeSource, RawRecord } from '../../../src/pipeline/ports/intake.ts';
import type { Logger } from '../../../src/pipeline/ports/logger.ts';
import type { Metrics } from '../../../src/pipeline/ports/metrics.ts';
import type { OutputRecord } from '../../../src/pipeline/ports/records.ts';

export const NOW_MS = Date.UTC(2026, 0, 2, 12);

const schema = (subject: string): avro.Schema =>
  JSON.parse(readFileSync(new URL(`../../../schemas/${subject}/v1.avsc`, import.meta.url), 'utf8')) as avro.Schema;
export const signalType = avro.Type.forSchema(schema('mmm.signals-value'));
export const releaseType = avro.Type.forSchema(schema('release.events-value'));

/** Our own schema and nothing else: what does not fit it can not be published. */
export const codec: RecordCodec = {
  encode: (_topic, record) => signalType.toBuffer(record),
  schemaHeader: (topic) => `${topic}-value:1`,
  decodeSignal: (bytes) => signalType.fromBuffer(Buffer.from(bytes)) as MmmSignalInput,
};

export const RELEASE_SCHEMA_ID = 7;
export const avroBytes = (document: unknown, id = RELEASE_SCHEMA_ID): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(id, 1);
  return Buffer.concat([head, releaseType.toBuffer(document)]);
};

/** JSON, or Confluent-wire Avro of one known schema. */
export const decoder: InputDecoder = {
  decode: (_channel, bytes) => {
    if (bytes[0] !== 0) return parseJsonBytes(bytes);
    const buffer = Buffer.from(bytes);
    if (buffer.length < 5) throw new MmmError('AVRO_MALFORMED');
    const schemaId = buffer.readUInt32BE(1);
    if (schemaId !== RELEASE_SCHEMA_ID)
      throw new MmmError('SCHEMA_ID_UNKNOWN', undefined, { details: { schema_id: schemaId } });
    try {
      return releaseType.fromBuffer(buffer.subarray(5)) as unknown;
    } catch {
      throw new MmmError('AVRO_MALFORMED');
    }
  },
};

/** Holds counters and refuses names that the real metrics would refuse. */
export class CountingMetrics implements Metrics {
  readonly counts = new Map<string, number>();
  readonly gauges = new Map<string, number[]>();

  records(stage: string, outcome: string, reason: string, count = 1): void {
    this.count('mmm_records_total', { stage, outcome, reason }, count);
  }
  count(name: string, labels: Record<string, string> = {}, by = 1): void {
    this.#check(name, labels);
    const key = [name, ...Object.values(labels)].join('/');
    this.counts.set(key, (this.counts.get(key) ?? 0) + by);
  }
  gauge(name: string, value: number, labels: Record<string, string> = {}): void {
    this.#check(name, labels);
    this.gauges.set(name, [...(this.gauges.get(name) ?? []), value]);
  }
  observe(name: string, _seconds: number, labels: Record<string, string> = {}): void {
    this.#check(name, labels);
  }
  total(...prefix: string[]): number {
    const start = ['mmm_records_total', ...prefix].join('/');
    return [...this.counts].filter(([key]) => `${key}/`.startsWith(`${start}/`)).reduce((sum, [, n]) => sum + n, 0);
  }
  #check(name: string, labels: Record<string, string>): void {
    const known = (METRICS as Record<string, { labels: readonly string[] }>)[name];
    if (known?.labels.join() !== Object.keys(labels).join()) throw new Error(`metric ${name} is not defined so`);
  }
}

class CollectingLogger implements Logger {
  readonly events: (readonly [string, Record<string, unknown>])[] = [];
  debug(event: string, fields: Record<string, unknown> = {}): void {
    this.events.push([event, fields]);
  }
  info(event: string, fields: Record<string, unknown> = {}): void {
    this.events.push([event, fields]);
  }
  warn(event: string, fields: Record<string, unknown> = {}): void {
    this.events.push([event, fields]);
  }
  error(event: string, fields: Record<string, unknown> = {}): void {
    this.events.push([event, fields]);
  }
  child(): Logger {
    return this;
  }
}

export const normaliser = createNormaliser({ ids: uuidIds, scanner: createSecretlintScanner() });

/** An intake whose source is driven by the test and whose log is an array. */
export const openIntake = async (change: Partial<IntakeDependencies> = {}) => {
  let handler: IntakeHandler = () => Promise.reject(new Error('not started'));
  const written: OutputRecord[] = [];
  const metrics = new CountingMetrics();
  const logger = new CollectingLogger();
  const pauses: number[] = [];
  const source: IntakeSource = {
    start: (given) => {
      handler = given;
      return Promise.resolve();
    },
    stop: () => Promise.resolve(),
    health: () => ({ joined: true, detail: '' }),
  };
  const intake = createIntake({
    source,
    writer: {
      append: (records) => {
        written.push(...records);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    },
    decoder,
    codec,
    normaliser,
    clock: { now: () => NOW_MS, monotonicMs: () => 0 },
    metrics,
    logger,
    engineVersion: '9.9.9',
    pause: (ms) => {
      pauses.push(ms);
      return Promise.resolve();
    },
    ...change,
  });
  await intake.start();
  const signals = (): readonly MmmSignalInput[] =>
    written
      .filter((record) => record.topic === 'mmm.signals')
      .map((record) => signalType.fromBuffer(Buffer.from(record.value as Uint8Array)) as MmmSignalInput);
  const letters = (): readonly OutputRecord[] => written.filter((record) => record.topic === 'mmm.dlq');
  return {
    intake,
    deliver: (batch: readonly RawRecord[]) => handler(batch),
    written,
    metrics,
    logger,
    pauses,
    signals,
    letters,
  };
};

let position = 0n;
export const rawRecord = (value: unknown, change: Partial<RawRecord> = {}): RawRecord => ({
  channel: 'pm3.signals.normalized',
  lane: 0,
  position: position++,
  timestampMs: NOW_MS,
  key: Buffer.from('k'),
  value:
    value === null
      ? null
      : value instanceof Uint8Array
        ? value
        : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
  headers: {},
  ...change,
});

export const sinEnvelope = (change: Record<string, unknown> = {}): Record<string, unknown> => ({
  signal_id: 's-1',
  tenant_id: 't-1',
  environment: 'dev',
  producer_id: 'github-1',
  actor_id: 'dev-1',
  signal_kind: 'event',
  signal_type: 'push',
  occurred_at: '2026-01-02T11:00:00Z',
  ingested_at: '2026-01-02T11:00:01Z',
  resource: { repository: 'org/repo', branch: 'main', commit: 'abc' },
  payload: { event_name: 'push', severity: 'warning', files_changed: 3 },
  schema_version: '1.0.0',
  ...change,
});
