import { expect, test } from '@jest/globals';
import { simulate } from './simulation.ts';

const SEEDS = 40;
const LIMIT_MS = 120_000;

test(
  'no invariant breaks, whatever fails, and what runs into faults is what the seeds say',
  async () => {
    const total = { kills: 0, stopped: 0, signals: 0, reports: 0 };
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { findings, kills, stopped, signals, reports } = await simulate(seed);
      // One line to copy: `npm run sim -- --seed <seed>` shows its steps.
      expect({ seed, findings }).toEqual({ seed, findings: [] });
      total.kills += kills;
      total.stopped += stopped.length;
      total.signals += signals;
      total.reports += reports;
    }
    // Else the seeds would prove that nothing happens when nothing happens.
    expect(total.signals).toBeGreaterThan(SEEDS * 20);
    expect(total.reports).toBeGreaterThan(SEEDS * 5);
    expect(total.kills).toBeGreaterThan(SEEDS / 2);
    expect(total.stopped).toBeGreaterThan(0);
  },
  LIMIT_MS,
);

test(
  'a seed takes the same steps each time, told or not',
  async () => {
    const lines: string[] = [];
    const first = await simulate(7);
    const again = await simulate(7, { tell: (line) => lines.push(line) });
    const other = await simulate(8);
    expect(again).toEqual(first);
    expect(lines).toHaveLength(first.steps);
    expect(other.digest).not.toBe(first.digest);
  },
  LIMIT_MS,
);

test(
  'a database that went back is mended by restoring its latest state, and by nothing less',
  async () => {
    let restored = 0;
    for (let seed = 1; seed <= 8; seed++) {
      const outcome = await simulate(seed, { faults: { databaseGoesBack: true, cursorDeleted: false } });
      expect({ seed, findings: outcome.findings }).toEqual({ seed, findings: [] });
      restored += outcome.restored;
    }
    expect(restored).toBeGreaterThan(0);
  },
  LIMIT_MS,
);
