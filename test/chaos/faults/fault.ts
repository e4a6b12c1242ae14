import type { Site } from '../site.ts';

/** One row of the matrix: something that breaks, and how long the engine takes to be back. */
export interface Fault {
  readonly name: string;
  /** For the report: what is done to it. */
  readonly what: string;
  /** About how long one takes, its recovery included; to plan a run of some minutes. */
  readonly seconds: number;
  /** Only when asked for by name: takes minutes, or a broker with other settings. */
  readonly onlyByName?: boolean;
  readonly brokerSettings?: Readonly<Record<string, string>>;
  /** Breaks, heals, and waits until a signal to every partition has come out; answers the milliseconds of that, from the kill or from the healing. */
  readonly inject: (site: Site) => Promise<number>;
}
