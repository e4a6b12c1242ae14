import { setTimeout as delay } from 'node:timers/promises';
import { checkRemains } from '../invariants/check-remains.ts';
import type { Find, Harm } from '../invariants/remains.ts';
import { checkLive } from './check-live.ts';
import { FAULTS } from './faults/all-faults.ts';
import type { Fault } from './faults/fault.ts';
import { readRemains } from './read-remains.ts';
import { recovered, settle } from './recovery.ts';
import { schedule } from './schedule.ts';
import { openSite, type Site } from './site.ts';

/** Between two faults the engine runs as always, so that each meets it at work. */
const CALM_MS = 1_500;

export interface ChaosOptions {
  readonly seed: number;
  /** The faults to take: in this order once, or, with `minutes`, by chance for so long. */
  readonly only: readonly Fault[] | null;
  readonly minutes: number | null;
  readonly dataDir: string;
  readonly keepServers?: boolean;
  readonly workers?: number;
  readonly signalsPerSecond?: number;
  readonly tell: (line: string) => void;
}

export interface Injected {
  readonly fault: string;
  readonly recoveryMs: number;
}

export interface ChaosFinding {
  readonly invariant: string;
  readonly harm: Harm;
  readonly what: string;
}

export interface ChaosOutcome {
  readonly seed: number;
  readonly seconds: number;
  readonly injected: readonly Injected[];
  readonly findings: readonly ChaosFinding[];
  readonly signals: number;
  readonly asks: number;
  readonly records: number;
  readonly decisions: number;
  readonly deadLetters: number;
  readonly processes: number;
  readonly readLive: boolean;
  readonly endedWithFault: readonly string[];
}

/** Breaks a real installation as the seed says, lets it heal, and looks at everything that is there. */
export const runChaos = async (options: ChaosOptions): Promise<ChaosOutcome> => {
  const startedAt = performance.now();
  const findings: ChaosFinding[] = [];
  const find: Find = (invariant, what, harm) => {
    findings.push({ invariant, harm, what });
    options.tell(`FOUND ${invariant}: ${what}`);
  };
  const settings = (options.only ?? []).reduce((all, { brokerSettings }) => ({ ...all, ...brokerSettings }), {});
  const site = await openSite({
    seed: options.seed,
    dataDir: options.dataDir,
    keepServers: options.keepServers ?? false,
    workers: options.workers ?? 2,
    signalsPerSecond: options.signalsPerSecond ?? 40,
    asksPerSecond: 2,
    brokerSettings: settings,
    tell: options.tell,
  });
  try {
    await recovered(site, performance.now());
    const injected = await injectAll(site, options, find);
    site.generator.pause();
    site.asker.pause();
    await settle(site).catch((error: unknown) => find('I9', String(error), 'lost'));
    await Promise.race([site.asker.answered(), delay(30_000)]);
    // An answer may have written rows since.
    await settle(site).catch((error: unknown) => find('I9', String(error), 'lost'));
    const processes = site.fleet.started;
    const endedWithFault = site.fleet.endedWithFault();
    const remains = await readRemains(site, find);
    checkRemains(remains);
    await checkLive(site, remains.outputs.length, find);
    for (const what of site.offsets.faults) find('I6', what, 'lost');
    return {
      seed: options.seed,
      seconds: (performance.now() - startedAt) / 1_000,
      injected,
      findings,
      signals: site.plan.sent.length,
      asks: site.asker.asks.length,
      records: remains.outputs.length,
      decisions: remains.decisions.size,
      deadLetters: remains.letters.size,
      processes,
      readLive: site.readsLive,
      endedWithFault,
    };
  } finally {
    await site.remove();
  }
};

const injectAll = async (site: Site, options: ChaosOptions, find: Find): Promise<Injected[]> => {
  const injected: Injected[] = [];
  const until = performance.now() + (options.minutes ?? 0) * 60_000;
  const faults = options.only ?? FAULTS.filter(({ onlyByName }) => onlyByName !== true);
  const leftSeconds = (): number => (until - performance.now()) / 1_000;
  for (const fault of options.minutes === null ? faults : schedule(options.seed, faults, leftSeconds)) {
    options.tell(`fault ${fault.name}: ${fault.what}`);
    try {
      const recoveryMs = await fault.inject(site);
      options.tell(`  back after ${Math.round(recoveryMs)} ms`);
      injected.push({ fault: fault.name, recoveryMs });
    } catch (error) {
      find('I9', `${fault.name}: ${error instanceof Error ? error.message : String(error)}`, 'lost');
      return injected;
    }
    await delay(CALM_MS);
  }
  return injected;
};
