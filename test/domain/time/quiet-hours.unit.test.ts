import { describe, expect, test } from '@jest/globals';
import type { QuietHours } from '../../../src/domain/rules.ts';
import { quietUntil } from '../../../src/domain/time/quiet-hours.ts';
import { zoneNamed } from '../../../src/domain/time/zones.ts';

const hm = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
const quiet = (start: string, end: string, days: QuietHours['days'] = {}): QuietHours => ({
  startMinute: hm(start),
  endMinute: hm(end),
  days,
});
const until = (hours: QuietHours, zone: string, when: string): string | null => {
  const end = quietUntil(hours, zoneNamed(zone)!, Date.parse(when));
  return end === null ? null : end === Infinity ? 'never' : new Date(end).toISOString();
};
const NIGHT = quiet('22:00', '06:00');

describe('quiet hours 22:00 to 06:00', () => {
  test('cross midnight', () => {
    expect(until(NIGHT, 'UTC', '2026-05-06T21:59:59Z')).toBeNull();
    expect(until(NIGHT, 'UTC', '2026-05-06T22:00:00Z')).toBe('2026-05-07T06:00:00.000Z');
    expect(until(NIGHT, 'UTC', '2026-05-07T00:30:00Z')).toBe('2026-05-07T06:00:00.000Z');
    expect(until(NIGHT, 'UTC', '2026-05-07T06:00:00Z')).toBeNull();
  });

  test('are local to the reader', () => {
    expect(until(NIGHT, '+05:30', '2026-05-06T17:00:00Z')).toBe('2026-05-07T00:30:00.000Z');
    expect(until(NIGHT, 'America/New_York', '2026-05-06T23:00:00Z')).toBeNull();
  });

  test('last seven hours when clocks go forward and nine when they go back', () => {
    expect(until(NIGHT, 'Europe/Berlin', '2026-03-28T21:00:00Z')).toBe('2026-03-29T04:00:00.000Z');
    expect(until(NIGHT, 'Europe/Berlin', '2026-10-24T20:00:00Z')).toBe('2026-10-25T05:00:00.000Z');
    expect(until(NIGHT, 'Europe/Berlin', '2026-10-25T04:30:00Z')).toBe('2026-10-25T05:00:00.000Z');
    expect(until(NIGHT, 'Europe/Berlin', '2026-10-25T05:00:00Z')).toBeNull();
  });
});

describe('quiet hours that touch the hour of the change', () => {
  test('an end that comes twice is the later one', () => {
    const early = quiet('01:00', '02:30');
    expect(until(early, 'Europe/Berlin', '2026-10-25T00:45:00Z')).toBe('2026-10-25T01:30:00.000Z');
  });

  test('an end that does not exist is the change, a start that does not exist begins with it', () => {
    expect(until(quiet('01:00', '02:30'), 'Europe/Berlin', '2026-03-29T00:30:00Z')).toBe('2026-03-29T01:00:00.000Z');
    expect(until(quiet('02:30', '04:00'), 'Europe/Berlin', '2026-03-29T01:00:00Z')).toBe('2026-03-29T02:00:00.000Z');
  });
});

describe('the switch', () => {
  test('start = end is off, not always (D-63)', () => {
    for (const hour of ['00', '06', '12', '23'])
      expect(until(quiet('08:00', '08:00'), 'UTC', `2026-05-06T${hour}:30:00Z`)).toBeNull();
  });
});

test('off stays off in the hour that comes twice, and on a day whose own window is empty', () => {
  const off = quiet('02:30', '02:30', { mon: 'none' });
  expect(until(off, 'Europe/Berlin', '2026-10-25T01:00:00Z')).toBeNull();
});

describe('the weekday form (D-63)', () => {
  // 2026-05-09 is a Saturday.
  const weekend = quiet('22:00', '06:00', { sat: 'all', sun: 'all' });

  test('a quiet weekend runs from Friday night to Monday morning', () => {
    expect(until(weekend, 'UTC', '2026-05-08T21:00:00Z')).toBeNull();
    expect(until(weekend, 'UTC', '2026-05-08T22:30:00Z')).toBe('2026-05-11T06:00:00.000Z');
    expect(until(weekend, 'UTC', '2026-05-11T02:00:00Z')).toBe('2026-05-11T06:00:00.000Z');
    expect(until(weekend, 'UTC', '2026-05-11T06:00:00Z')).toBeNull();
  });

  test('none: no window begins on that day', () => {
    const free = quiet('22:00', '06:00', { sat: 'none' });
    expect(until(free, 'UTC', '2026-05-09T02:00:00Z')).toBe('2026-05-09T06:00:00.000Z');
    expect(until(free, 'UTC', '2026-05-09T23:00:00Z')).toBeNull();
    expect(until(free, 'UTC', '2026-05-10T02:00:00Z')).toBeNull();
    expect(until(free, 'UTC', '2026-05-10T23:00:00Z')).toBe('2026-05-11T06:00:00.000Z');
  });

  test('a window of its own, with minutes, belongs to the day it starts on', () => {
    const own = quiet('22:00', '06:00', { sat: { startMinute: hm('20:15'), endMinute: hm('09:45') } });
    expect(until(own, 'UTC', '2026-05-09T20:14:00Z')).toBeNull();
    expect(until(own, 'UTC', '2026-05-09T20:15:00Z')).toBe('2026-05-10T09:45:00.000Z');
  });

  test('quiet days alone work with the window off', () => {
    const only = quiet('00:00', '00:00', { sun: 'all' });
    expect(until(only, 'UTC', '2026-05-10T12:00:00Z')).toBe('2026-05-11T00:00:00.000Z');
    expect(until(only, 'UTC', '2026-05-11T00:00:00Z')).toBeNull();
  });

  test('seven quiet days never end', () => {
    const all = { mon: 'all', tue: 'all', wed: 'all', thu: 'all', fri: 'all', sat: 'all', sun: 'all' } as const;
    expect(until(quiet('00:00', '00:00', all), 'UTC', '2026-05-10T12:00:00Z')).toBe('never');
  });
});
