import { describe, expect, test } from '@jest/globals';
import { readLetter } from '../../../src/admin/dead-letters/letter.ts';
import { replayedRecord } from '../../../src/admin/dead-letters/replay-letters.ts';
import type { RawRecord } from '../../../src/pipeline/ports/intake.ts';
import type { OutputRecord } from '../../../src/pipeline/ports/records.ts';
import { openIntake, rawRecord, sinEnvelope } from './harness.ts';

/** A letter that intake wrote, as the log hands it out. */
const fromLog = (letter: OutputRecord): RawRecord => ({
  channel: 'mmm.dlq',
  lane: 0,
  position: 0n,
  timestampMs: 0,
  key: typeof letter.key === 'string' ? Buffer.from(letter.key) : letter.key,
  value: letter.value,
  headers: letter.headers,
});
const putInAgain = (letter: OutputRecord, replayId: string, change: Partial<RawRecord> = {}): RawRecord => {
  const record = fromLog(letter);
  const sent = replayedRecord(readLetter(record)!, record, replayId);
  return rawRecord(sent.value, {
    channel: sent.topic,
    key: record.key,
    headers: sent.headers,
    timestampMs: 99,
    ...change,
  });
};

/** An event of the alert stream: it has no id of its own. */
const alertEvent = {
  event_type: 'alert.created',
  timestamp: '2026-01-02T11:00:00Z',
  alert: { alert_id: 'a-1', tenant_id: 't-1', severity: 'P1' },
};

describe('a record that was put in again from its letter', () => {
  test('and is refused again is a letter that counts on, and names where it stood first', async () => {
    const { deliver, letters } = await openIntake();
    await deliver([rawRecord(sinEnvelope({ tenant_id: '' }), { lane: 3, position: 70n })]);
    await deliver([putInAgain(letters()[0]!, 'r1', { lane: 1, position: 5n })]);
    await deliver([putInAgain(letters()[1]!, 'r2', { lane: 1, position: 6n })]);
    expect(letters().map(({ headers }) => [headers['mmm-dlq-attempts'], headers['mmm-replay-of']])).toEqual([
      ['1', undefined],
      ['2', 'pm3.signals.normalized:3:70'],
      ['3', 'pm3.signals.normalized:3:70'],
    ]);
    expect(letters()[2]?.headers).toMatchObject({ 'mmm-dlq-partition': '1', 'mmm-dlq-offset': '6' });
  });

  test('counts on only by marks that are whole', async () => {
    const { deliver, letters } = await openIntake();
    const marks = { 'mmm-replay-id': 'r', 'mmm-replay-of': 'pm3.signals.normalized:0:1', 'mmm-replay-timestamp': '1' };
    for (const attempts of ['7', '-7', '1e9', '']) {
      const headers = { ...marks, 'mmm-replay-attempts': attempts };
      await deliver([rawRecord(sinEnvelope({ tenant_id: '' }), { headers })]);
    }
    expect(letters().map(({ headers }) => headers['mmm-dlq-attempts'])).toEqual(['8', '1', '1', '1']);
  });

  test('with an id of its producer is the same signal however often', async () => {
    const { deliver, signals, written } = await openIntake();
    const marks = {
      'mmm-replay-of': 'pm3.signals.normalized:0:1',
      'mmm-replay-timestamp': '1',
      'mmm-replay-attempts': '1',
    };
    for (const id of ['r1', 'r2'])
      await deliver([rawRecord(sinEnvelope(), { headers: { ...marks, 'mmm-replay-id': id } })]);
    await deliver([rawRecord(sinEnvelope())]);
    expect(new Set(signals().map(({ signal_id }) => signal_id)).size).toBe(1);
    expect(written[1]?.headers).toMatchObject({ 'mmm-replay-id': 'r2', 'mmm-replay-of': 'pm3.signals.normalized:0:1' });
  });

  test('without one has the id of the place where it first stood: accepted there, or put in twice, it is one signal', async () => {
    const { deliver, signals, letters } = await openIntake();
    const place = { channel: 'incident.events', lane: 2, position: 40n };
    await deliver([rawRecord({ ...alertEvent, timestamp: 'soon' }, place)]);
    // The release after this one reads what this one refused.
    const mended = { ...letters()[0]!, value: Buffer.from(JSON.stringify(alertEvent)) };
    await deliver([rawRecord(alertEvent, place)]);
    await deliver([putInAgain(mended, 'r1', { lane: 0, position: 7n })]);
    await deliver([putInAgain(mended, 'r2', { lane: 1, position: 8n })]);
    expect(signals()).toHaveLength(3);
    expect(new Set(signals().map(({ signal_id }) => signal_id)).size).toBe(1);
    expect(signals()[2]?.origin).toEqual({ topic: 'incident.events', partition: 1, offset: '8' });
    // Without marks its new place is its id: two events of one alert must not become one.
    await deliver([rawRecord(alertEvent, { ...place, position: 41n })]);
    expect(new Set(signals().map(({ signal_id }) => signal_id)).size).toBe(2);
  });

  test('can not take the place of a record of another topic', async () => {
    const { deliver, signals } = await openIntake();
    const place = { channel: 'incident.events', lane: 0, position: 3n };
    const headers = {
      ...{ 'mmm-replay-id': 'r', 'mmm-replay-of': 'pm3.signals.normalized:0:1' },
      ...{ 'mmm-replay-timestamp': '1', 'mmm-replay-attempts': '1' },
    };
    await deliver([rawRecord(alertEvent, place), rawRecord(alertEvent, { ...place, headers })]);
    expect(new Set(signals().map(({ signal_id }) => signal_id)).size).toBe(1);
  });
});
