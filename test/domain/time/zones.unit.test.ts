import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  DAY_MS,
  firstZone,
  HOUR_MS,
  instantOf,
  localDay,
  startOfDay,
  startOfNextDay,
  zoneNamed,
} from '../../../src/domain/time/zones.ts';

const at = (text: string): number => Date.parse(text);
const iso = (ms: number): string => new Date(ms).toISOString();

describe('a zone', () => {
  test('is an IANA name, a fixed offset or UTC', () => {
    expect(zoneNamed('UTC')?.offsetAt(0)).toBe(0);
    expect(zoneNamed('+05:30')?.offsetAt(0)).toBe(5.5 * HOUR_MS);
    expect(zoneNamed('-08:00')?.offsetAt(0)).toBe(-8 * HOUR_MS);
    expect(zoneNamed('Asia/Kathmandu')?.offsetAt(at('2026-01-01T00:00:00Z'))).toBe(5.75 * HOUR_MS);
    expect(zoneNamed('Europe/Berlin')?.offsetAt(at('2026-07-01T00:00:00Z'))).toBe(2 * HOUR_MS);
    expect(zoneNamed('Europe/Berlin')?.offsetAt(at('2026-01-01T00:00:00Z'))).toBe(HOUR_MS);
  });

  test('that nobody knows is null, and the next name counts, at last UTC', () => {
    expect(zoneNamed('Mars/Olympus')).toBeNull();
    expect(zoneNamed('+15:00')).toBeNull();
    expect(zoneNamed('+05:75')).toBeNull();
    expect(firstZone(null, 'Mars/Olympus', '+01:00').name).toBe('+01:00');
    expect(firstZone(null, 'nonsense').name).toBe('UTC');
  });
});

describe('a calendar day', () => {
  test('starts at local midnight', () => {
    expect(iso(startOfDay(zoneNamed('+05:30')!, at('2026-03-10T20:00:00Z')))).toBe('2026-03-10T18:30:00.000Z');
    expect(iso(startOfDay(zoneNamed('America/New_York')!, at('2026-03-10T03:00:00Z')))).toBe(
      '2026-03-09T04:00:00.000Z',
    );
  });

  test('has 23 hours when clocks go forward and 25 when they go back', () => {
    const berlin = zoneNamed('Europe/Berlin')!;
    const spring = at('2026-03-29T12:00:00Z');
    const autumn = at('2026-10-25T12:00:00Z');
    expect(startOfNextDay(berlin, spring) - startOfDay(berlin, spring)).toBe(23 * HOUR_MS);
    expect(startOfNextDay(berlin, autumn) - startOfDay(berlin, autumn)).toBe(25 * HOUR_MS);
  });

  test('starts at the change where midnight itself does not exist', () => {
    // Beirut: 2026-03-29 00:00 becomes 01:00.
    const beirut = zoneNamed('Asia/Beirut')!;
    expect(iso(startOfDay(beirut, at('2026-03-29T12:00:00Z')))).toBe('2026-03-28T22:00:00.000Z');
  });

  test('comes once even where clocks go back over midnight', () => {
    // Sao Paulo, 2018-02-18 00:00 went back to 2018-02-17 23:00.
    const zone = zoneNamed('America/Sao_Paulo')!;
    expect(iso(startOfDay(zone, at('2018-02-18T12:00:00Z')))).toBe('2018-02-18T03:00:00.000Z');
    expect(startOfNextDay(zone, at('2018-02-17T12:00:00Z')) - startOfDay(zone, at('2018-02-17T12:00:00Z'))).toBe(
      25 * HOUR_MS,
    );
  });

  test('holds every instant of it, in any zone', () => {
    const names = [
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kolkata',
      '+14:00',
      '-09:30',
      'Africa/Casablanca',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.integer({ min: at('2015-01-01T00:00:00Z'), max: at('2030-01-01T00:00:00Z') }),
        (name, ms) => {
          const zone = zoneNamed(name)!;
          const start = startOfDay(zone, ms);
          const next = startOfNextDay(zone, ms);
          expect(start <= ms && ms < next).toBe(true);
          expect(localDay(zone, start)).toBe(localDay(zone, ms));
          expect(localDay(zone, start - 1)).toBe(localDay(zone, ms) - 1);
          expect(Math.abs(next - start - DAY_MS)).toBeLessThanOrEqual(HOUR_MS);
        },
      ),
    );
  });
});

describe('a local time', () => {
  const berlin = zoneNamed('Europe/Berlin')!;
  const dayOf = (text: string): number => at(`${text}T00:00:00Z`) / DAY_MS;

  test('that comes twice has a first and a last instant', () => {
    expect(iso(instantOf(berlin, dayOf('2026-10-25'), 150, 'first'))).toBe('2026-10-25T00:30:00.000Z');
    expect(iso(instantOf(berlin, dayOf('2026-10-25'), 150, 'last'))).toBe('2026-10-25T01:30:00.000Z');
  });

  test('that does not exist is the moment of the change', () => {
    expect(iso(instantOf(berlin, dayOf('2026-03-29'), 150, 'first'))).toBe('2026-03-29T01:00:00.000Z');
    expect(iso(instantOf(berlin, dayOf('2026-03-29'), 150, 'last'))).toBe('2026-03-29T01:00:00.000Z');
  });
});
