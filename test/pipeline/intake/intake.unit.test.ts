import { describe, expect, test } from '@jest/globals';
import { MemoryLog } from '../../../src/adapters/memory/memory-log.ts';
import { MmmError } from '../../../src/errors.ts';
import type { OutputRecord } from '../../../src/pipeline/ports/records.ts';
import { NOW_MS, avroBytes, codec, decoder, normaliser, openIntake, rawRecord, sinEnvelope } from './harness.ts';

const header = (record: OutputRecord | undefined, name: string): unknown => record?.headers[`mmm-dlq-${name}`];

describe('a good record', () => {
  test('becomes one signal keyed by tenant and actor, with its headers', async () => {
    const { deliver, written, signals } = await openIntake();
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await deliver([
      rawRecord(sinEnvelope({ tenant_id: 'a|b' }), {
        headers: { traceparent: Buffer.from(traceparent), 'mmm-replay-of': 'x' },
      }),
    ]);
    const [signal] = signals();
    expect(written[0]?.key).toBe('a%7Cb|dev-1');
    expect(written[0]?.headers).toEqual({
      'mmm-tenant-id': 'a|b',
      'mmm-signal-id': signal?.signal_id,
      'mmm-schema': 'mmm.signals-value:1',
      traceparent,
      'mmm-replay-of': 'x',
    });
    expect(signal).toMatchObject({ event_type: 'commit_pushed', severity: 'medium', trace_parent: traceparent });
  });

  test('is taken as Confluent Avro as well as JSON', async () => {
    const { deliver, signals } = await openIntake();
    const release = { event_id: 'e', tenant_id: 't', occurred_at: '2026-01-02T11:00:00Z', status: 'failed' };
    const channel = 'release.events';
    await deliver([rawRecord(avroBytes(release), { channel }), rawRecord(release, { channel })]);
    expect(signals().map((signal) => signal.event_type)).toEqual(['release.failed', 'release.failed']);
    expect(signals()[0]?.signal_id).toBe(signals()[1]?.signal_id);
  });

  test('written again after a redelivery has the same id', async () => {
    const { deliver, signals } = await openIntake();
    await deliver([rawRecord(sinEnvelope()), rawRecord(sinEnvelope())]);
    expect(new Set(signals().map((signal) => signal.signal_id)).size).toBe(1);
  });
});

test('the signals of one actor stand in the log in the order they came', async () => {
  const log = new MemoryLog(4, () => NOW_MS);
  const { deliver } = await openIntake({ writer: log });
  const batch = Array.from({ length: 300 }, (_, n) => sinEnvelope({ signal_id: `s-${n}`, actor_id: `dev-${n % 7}` }));
  await deliver(batch.map((document) => rawRecord(document)));
  const byActor = new Map<string, number[]>();
  for (const { value } of log.read('mmm.signals')) {
    const signal = await codec.decodeSignal(value ?? new Uint8Array());
    const seen = byActor.get(signal.actor_id ?? '') ?? [];
    byActor.set(signal.actor_id ?? '', [...seen, Number(signal.source_signal_id?.slice(2))]);
  }
  expect(byActor.size).toBe(7);
  for (const seen of byActor.values()) expect(seen).toEqual([...seen].sort((a, b) => a - b));
});

describe('a bad record', () => {
  const bad: readonly (readonly [string, unknown, string])[] = [
    ['an empty value', Buffer.alloc(0), 'EMPTY_VALUE'],
    ['text that is not JSON (D-77)', 'hello', 'NOT_JSON'],
    ['a wrong magic byte', Buffer.from([1, 0, 0, 0, 7, 2]), 'NOT_JSON'],
    [
      'truncated Avro',
      avroBytes({ event_id: 'e', tenant_id: 't', occurred_at: 'x', status: 'failed' }).subarray(0, 8),
      'AVRO_MALFORMED',
    ],
    ['a schema id the registry does not know', Buffer.from([0, 0, 0, 0, 9, 2]), 'SCHEMA_ID_UNKNOWN'],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'INVALID_UTF8'],
    ['JSON that is no object', '[1]', 'SCHEMA_VIOLATION'],
    ['an empty object (D-78)', '{}', 'TENANT_MISSING'],
    ['a megabyte of brackets', '['.repeat(1_000_000), 'TOO_DEEP'],
    ['more than a megabyte', `"${'x'.repeat(1_100_000)}"`, 'RECORD_TOO_LARGE'],
    ['a prototype key', '{"tenant_id":"t","payload":{"a":{"__proto__":{"x":1}}}}', 'KEY_FORBIDDEN'],
    ['a number that is no number', '{"payload":{"a":1e999}}', 'SCHEMA_VIOLATION'],
    ['a time in the future', JSON.stringify(sinEnvelope({ occurred_at: '2026-01-02T12:11:00Z' })), 'TIME_IN_FUTURE'],
  ];
  test.each(bad)(
    '%s becomes one dead letter with its bytes untouched, and the next is processed',
    async (_name, value, code) => {
      const { deliver, written, signals, letters } = await openIntake();
      const raw = rawRecord(value, { headers: { 'x-any': 'kept' }, lane: 3, channel: 'pm3.signals.normalized' });
      await deliver([raw, rawRecord(sinEnvelope())]);
      expect(written).toHaveLength(2);
      expect(signals()).toHaveLength(1);
      const [letter] = letters();
      expect(letter?.value).toEqual(raw.value);
      expect(letter?.key).toEqual(raw.key);
      expect(letter?.headers).toMatchObject({
        'x-any': 'kept',
        'mmm-dlq-topic': 'pm3.signals.normalized',
        'mmm-dlq-partition': '3',
        'mmm-dlq-offset': String(raw.position),
        'mmm-dlq-timestamp': new Date(NOW_MS).toISOString(),
        'mmm-dlq-code': code,
        'mmm-dlq-attempts': '1',
        'mmm-dlq-failed-at': new Date(NOW_MS).toISOString(),
        'mmm-dlq-version': '9.9.9',
      });
      expect(Buffer.byteLength(String(header(letter, 'message')))).toBeLessThanOrEqual(1_024);
    },
  );

  test('a tombstone is skipped and counted, without a letter', async () => {
    const { deliver, written, metrics } = await openIntake();
    await deliver([rawRecord(null)]);
    expect(written).toEqual([]);
    expect(metrics.total('intake', 'skipped', 'tombstone')).toBe(1);
  });

  test('too large for the topic keeps its length and digest and says so', async () => {
    const { deliver, letters } = await openIntake();
    const value = Buffer.alloc(2_100_000, 'x');
    await deliver([rawRecord(value)]);
    const [letter] = letters();
    expect(header(letter, 'code')).toBe('RECORD_TOO_LARGE');
    expect(header(letter, 'message')).toContain('length and digest kept');
    expect(JSON.parse(Buffer.from(letter?.value as Uint8Array).toString())).toMatchObject({ bytes: value.length });
  });

  test('names the stage that refused it', async () => {
    const { deliver, letters, metrics } = await openIntake();
    await deliver([rawRecord('x'), rawRecord('{}')]);
    expect(letters().map((letter) => header(letter, 'stage'))).toEqual(['intake', 'normalise']);
    expect(metrics.counts.get('mmm_dlq_records_total/NOT_JSON')).toBe(1);
  });

  test('with a timestamp that is no date is still written', async () => {
    const { deliver, letters } = await openIntake();
    await deliver([rawRecord('x', { timestampMs: 9e18 })]);
    expect(header(letters()[0], 'timestamp')).toBe('9000000000000000000');
  });

  test('its message never quotes the record', async () => {
    const { deliver, letters } = await openIntake();
    const canary = 'canary9z';
    const values = [
      `{"tenant_id":"t","${canary}`,
      canary,
      sinEnvelope({ signal_id: canary.repeat(40) }),
      sinEnvelope({ payload: { [`k ${canary}`]: canary.repeat(2_000) } }),
    ];
    await deliver(values.map((value) => rawRecord(value)));
    expect(letters()).toHaveLength(4);
    for (const letter of letters()) expect(String(header(letter, 'message'))).not.toContain(canary);
  });
});

describe('a record that holds a secret', () => {
  const token = `ghp_${'a1B2'.repeat(9)}`;
  const withheld = async (value: unknown, change = {}) => {
    const { deliver, letters } = await openIntake();
    await deliver([rawRecord(value, { headers: { note: token }, key: Buffer.from(token), ...change })]);
    const [letter] = letters();
    expect(letters()).toHaveLength(1);
    expect(header(letter, 'code')).toBe('SECRET_FOUND');
    expect(letter?.key).toBeNull();
    expect(JSON.stringify([letter?.headers, Buffer.from(letter?.value as Uint8Array).toString()])).not.toContain(token);
    return JSON.parse(Buffer.from(letter?.value as Uint8Array).toString()) as Record<string, unknown>;
  };

  test('in a value: only length and digest are kept', async () => {
    const value = JSON.stringify(sinEnvelope({ payload: { message: `use ${token} for it` } }));
    const notice = await withheld(value);
    expect(notice).toMatchObject({ withheld: true, bytes: value.length });
    expect(notice['sha256']).toMatch(/^[0-9a-f]{64}$/);
  });
  test('in a key', async () => void (await withheld(sinEnvelope({ payload: { [token]: 1 } }))));
  test('by the name of its key', async () =>
    void (await withheld(sinEnvelope({ payload: { db: { Password: 'hunter2' } } }))));
  test('in a record refused for another reason, which the message still names', async () => {
    const { deliver, letters } = await openIntake();
    await deliver([rawRecord(`not json ${token}`)]);
    expect(header(letters()[0], 'code')).toBe('SECRET_FOUND');
    expect(header(letters()[0], 'message')).toContain('NOT_JSON');
  });
  test('only in a header of a record refused for another reason', async () => void (await withheld('{}')));
  test('by the name of a key in text that is no JSON', async () =>
    void (await withheld('{"client_secret": "hunter2", ', { headers: {}, key: null })));
  test('behind a directive that switches the rules off', async () =>
    void (await withheld(sinEnvelope({ payload: { message: `secretlint-disable ${token}` } }))));
  test('and rules that fail vouch for nothing: no copy', async () => {
    const broken = { ...normaliser, textHoldsSecret: () => Promise.reject(new TypeError('rule')) };
    const { deliver, letters } = await openIntake({ normaliser: broken });
    await deliver([rawRecord('nonsense')]);
    expect(header(letters()[0], 'code')).toBe('SECRET_FOUND');
  });
});

test('unknown words and mended inputs are counted by name (C-14)', async () => {
  const { deliver, metrics } = await openIntake();
  await deliver([rawRecord(sinEnvelope({ occurred_at: '2026-01-02T11:00:00', payload: { severity: 'fatal' } }))]);
  expect(metrics.counts.get('mmm_unknown_words_total/severity')).toBe(1);
  expect(metrics.counts.get('mmm_inputs_mended_total/pm3/time_without_zone')).toBe(1);
});

describe('failures', () => {
  test('a dependency that is away holds the lane until it is back, and nothing is lost', async () => {
    let away = 5;
    const { deliver, signals, letters, pauses, metrics } = await openIntake({
      decoder: {
        decode: (channel, bytes) => {
          if (away-- > 0) throw new MmmError('REGISTRY_UNAVAILABLE');
          return decoder.decode(channel, bytes);
        },
      },
    });
    await deliver([rawRecord(sinEnvelope()), rawRecord(sinEnvelope({ signal_id: 's-2' }))]);
    expect(signals().map((signal) => signal.source_signal_id)).toEqual(['s-1', 's-2']);
    expect(letters()).toEqual([]);
    expect(pauses).toEqual([100, 200, 400, 800, 1_600]);
    expect(metrics.gauges.get('mmm_partition_blocked')?.at(-1)).toBe(0);
  });

  test('a log that is away is waited for with the whole batch', async () => {
    const written: OutputRecord[] = [];
    let away = 2;
    const { deliver, metrics } = await openIntake({
      writer: {
        append: (records) => {
          if (away-- > 0) return Promise.reject(new MmmError('LOG_UNAVAILABLE'));
          written.push(...records);
          return Promise.resolve();
        },
        close: () => Promise.resolve(),
      },
    });
    await deliver([rawRecord(sinEnvelope()), rawRecord('{}')]);
    expect(written.map((record) => record.topic)).toEqual(['mmm.signals', 'mmm.dlq']);
    expect(metrics.total('intake', 'received')).toBe(2);
  });

  test('a fault of ours on one record is tried three times, then dead-lettered, and the next is processed', async () => {
    let tries = 0;
    const { deliver, signals, letters, logger } = await openIntake({
      codec: {
        ...codec,
        encode: (topic, record) => {
          if ((record as { source_signal_id: string }).source_signal_id === 'bug') {
            tries++;
            throw new TypeError('quoting hunter2');
          }
          return codec.encode(topic, record);
        },
      },
    });
    await deliver([rawRecord(sinEnvelope({ signal_id: 'bug' })), rawRecord(sinEnvelope())]);
    expect(tries).toBe(3);
    expect(signals()).toHaveLength(1);
    expect(letters()[0]?.headers).toMatchObject({ 'mmm-dlq-code': 'UNEXPECTED_FAILURE', 'mmm-dlq-attempts': '3' });
    expect(JSON.stringify([letters()[0]?.headers, logger.events])).not.toContain('hunter2');
  });

  test('a fault after a long wait still has its three tries', async () => {
    let calls = 0;
    const { deliver, letters } = await openIntake({
      decoder: {
        decode: () => {
          calls++;
          throw calls <= 9 ? new MmmError('REGISTRY_UNAVAILABLE') : new TypeError('bug');
        },
      },
    });
    await deliver([rawRecord(sinEnvelope())]);
    expect(calls).toBe(12);
    expect(header(letters()[0], 'attempts')).toBe('3');
  });

  test('a record that can not be written is found among the others and dead-lettered', async () => {
    const written: OutputRecord[] = [];
    const { deliver } = await openIntake({
      writer: {
        append: (records) => {
          if (records.some((record) => record.topic === 'mmm.signals' && record.key === 't-1|big')) {
            return Promise.reject(new MmmError('OUTPUT_TOO_LARGE'));
          }
          written.push(...records);
          return Promise.resolve();
        },
        close: () => Promise.resolve(),
      },
    });
    await deliver([rawRecord(sinEnvelope()), rawRecord(sinEnvelope({ actor_id: 'big' })), rawRecord(sinEnvelope())]);
    expect(written.map((record) => record.topic)).toEqual(['mmm.signals', 'mmm.dlq', 'mmm.signals']);
    expect(header(written[1], 'code')).toBe('OUTPUT_TOO_LARGE');
  });

  test('a fault of the installation gives the batch back: no record is blamed', async () => {
    const { deliver, metrics } = await openIntake({
      writer: { append: () => Promise.reject(new MmmError('TOPIC_MISSING')), close: () => Promise.resolve() },
    });
    await expect(deliver([rawRecord(sinEnvelope())])).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
    expect(metrics.total('intake', 'received')).toBe(0);
  });

  test('stopping ends a wait and gives the batch back', async () => {
    let waiting: () => void = () => undefined;
    const waits = new Promise<void>((resolve) => (waiting = resolve));
    const { intake, deliver } = await openIntake({
      writer: { append: () => Promise.reject(new MmmError('LOG_UNAVAILABLE')), close: () => Promise.resolve() },
      pause: (_ms, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')));
          waiting();
        }),
    });
    const delivered = deliver([rawRecord(sinEnvelope())]);
    await waits;
    await intake.stop();
    await expect(delivered).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
  });
});

test('200 random bad records among 2,000 good ones: 200 dead letters, 2,000 signals, totals equal (G1, D-76)', async () => {
  const { deliver, signals, letters, metrics } = await openIntake();
  let seed = 42;
  const random = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
  const spoil: readonly ((n: number) => unknown)[] = [
    () => Buffer.alloc(0),
    (n) => Buffer.from([n % 256, 255, 254, random(256)]),
    (n) => JSON.stringify(sinEnvelope({ signal_id: `bad-${n}` })).slice(0, 20 + random(150)),
    () => avroBytes({ event_id: 'e', tenant_id: 't', occurred_at: 'x', status: 'failed' }, 99),
    (n) => sinEnvelope({ signal_id: `bad-${n}`, tenant_id: ['', null, 5, 'x\u0000'][random(4)] }),
    () => sinEnvelope({ signal_id: null }),
    () => sinEnvelope({ occurred_at: ['soon', 17e8, '', '2099-01-01T00:00:00Z', '2026-02-30T00:00:00Z'][random(5)] }),
    () => '{"a":'.repeat(20) + '1' + '}'.repeat(20),
    () => sinEnvelope({ payload: Object.fromEntries(Array.from({ length: 600 }, (_, n) => [`k${n}`, n])) }),
    () => sinEnvelope({ payload: { text: 'x'.repeat(9_000) } }),
    () => sinEnvelope({ payload: { list: Array.from({ length: 1_001 }, () => 0) } }),
    () => sinEnvelope({ payload: { ['k'.repeat(129)]: 1 } }),
    () => '{"constructor":{}}',
    () => sinEnvelope({ payload: { api_key: 'abc' } }),
  ];
  const badAt = new Set<number>();
  while (badAt.size < 200) badAt.add(random(2_200));
  const records = Array.from({ length: 2_200 }, (_, n) =>
    rawRecord(badAt.has(n) ? spoil[n % spoil.length]?.(n) : sinEnvelope({ signal_id: `good-${n}` })),
  );
  for (let from = 0; from < records.length; from += 500) await deliver(records.slice(from, from + 500));
  expect(letters()).toHaveLength(200);
  expect(new Set(letters().map((letter) => header(letter, 'offset'))).size).toBe(200);
  expect(new Set(signals().map((signal) => signal.signal_id)).size).toBe(2_000);
  const rejected = metrics.total('intake', 'rejected') + metrics.total('normalise', 'rejected');
  expect([metrics.total('intake', 'received'), rejected, metrics.total('normalise', 'normalised')]).toEqual([
    2_200, 200, 2_000,
  ]);
});
