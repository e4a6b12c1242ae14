import { HARMS, type Harm } from '../invariants/remains.ts';
import type { ChaosOutcome } from './run-chaos.ts';

/** The aim of issue 5 for a killed worker. */
export const KILL_AIM_MS = 15_000;

export interface FaultLine {
  readonly fault: string;
  readonly times: number;
  readonly p50Ms: number;
  readonly maxMs: number;
}

export const harmsOf = ({ findings }: ChaosOutcome): Record<Harm, number> =>
  Object.fromEntries(HARMS.map((harm) => [harm, findings.filter((one) => one.harm === harm).length])) as Record<
    Harm,
    number
  >;

export const faultLines = ({ injected }: Pick<ChaosOutcome, 'injected'>): FaultLine[] => {
  const names = [...new Set(injected.map(({ fault }) => fault))];
  return names.map((fault) => {
    const times = injected.filter((one) => one.fault === fault).map(({ recoveryMs }) => recoveryMs);
    times.sort((a, b) => a - b);
    return { fault, times: times.length, p50Ms: times[(times.length - 1) >> 1]!, maxMs: times.at(-1)! };
  });
};

const seconds = (ms: number): string => (ms / 1_000).toFixed(1);

export const reportText = (outcome: ChaosOutcome): string => {
  const lines = faultLines(outcome);
  const width = Math.max(5, ...lines.map(({ fault }) => fault.length));
  const kills = lines.filter(({ fault }) => fault.startsWith('kill-'));
  const slowest = Math.max(0, ...kills.map(({ maxMs }) => maxMs));
  const harms = harmsOf(outcome);
  return [
    `${'fault'.padEnd(width)}  times  p50 s  max s   to be back: a signal to every partition has come out`,
    ...lines.map(
      ({ fault, times, p50Ms, maxMs }) =>
        `${fault.padEnd(width)}  ${String(times).padStart(5)}  ${seconds(p50Ms).padStart(5)}  ${seconds(maxMs).padStart(5)}`,
    ),
    '',
    `seed ${outcome.seed}, ${Math.round(outcome.seconds)} s: ${outcome.injected.length} faults, ${outcome.processes} worker processes, ` +
      `${outcome.signals} records sent, ${outcome.asks} asked over HTTP, ${outcome.decisions} decisions, ${outcome.records} records out, ` +
      `${outcome.deadLetters} dead letters`,
    outcome.readLive
      ? 'read by kcat (read_committed) during and after the faults'
      : "read by Kafka's own client after the faults; kcat is not installed, so nobody read during them",
    HARMS.map((harm) => `${harm} ${harms[harm]}`).join(', '),
    ...(kills.length === 0
      ? []
      : [
          `kill -9: back within ${seconds(slowest)} s at most (aim ${seconds(KILL_AIM_MS)} s${slowest > KILL_AIM_MS ? ': not reached' : ''})`,
        ]),
    ...outcome.endedWithFault.map((line) => `a worker ended with a fault: ${line.slice(0, 300)}`),
    ...outcome.findings.slice(0, 20).map(({ invariant, what }) => `${invariant} ${what}`),
    ...(outcome.findings.length > 20 ? [`and ${outcome.findings.length - 20} more`] : []),
    '',
  ].join('\n');
};
