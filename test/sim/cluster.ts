import type { DecideSessionsDeps } from '../../src/pipeline/decide-sessions.ts';
import { Broker, type Positions } from './broker.ts';
import { type Faults, faultsOf } from './faults.ts';
import { Group } from './group.ts';
import { Postgres } from './postgres.ts';
import { Random } from './random.ts';
import { Redis } from './sim-cache.ts';
import { RawTopic } from './sim-intake-source.ts';
import { Server, Wire } from './wire.ts';
import { type SimProcess, World } from './world.ts';
import { RAW_LANES, type Workload, workloadOf } from './workload.ts';

/** The ports of one process. A known-bad variant puts something else in their place. */
export type Ports = Pick<DecideSessionsDeps, 'group' | 'outputs' | 'journal' | 'cache'>;

export interface Variant {
  readonly name: string;
  /** What the variant does otherwise than design 3.2 says. */
  readonly breaks: string;
  /** It must be found within so many seeds, from seed 1 on. */
  readonly within: number;
  /** Faults that it takes to show, where few seeds have them. */
  readonly faults?: Partial<Faults>;
  /** Large batches, where few seeds have them. */
  readonly bulk?: boolean;
  readonly ports: (ports: Ports, cluster: Cluster, process: SimProcess) => Ports;
}

export interface How {
  readonly variant?: Variant | null;
  /** In place of what the seed says. */
  readonly faults?: Partial<Faults>;
  readonly bulk?: boolean;
  readonly tell?: (line: string) => void;
}

/** What the checker found wrong. */
export interface Finding {
  readonly invariant: string;
  readonly what: string;
}

/** Everything that outlives a process: brokers, stores, the network between, and what is written down about a run. */
export class Cluster {
  readonly faults: Faults;
  readonly workload: Workload;
  readonly random: Random;
  /** Of the readers alone: what is reported changes nothing of what else is drawn. */
  readonly reportRandom: Random;
  readonly world: World;
  readonly wire: Wire;
  readonly kafka = new Server('kafka', [0.2, 3]);
  readonly postgresServer = new Server('postgres', [0.2, 4]);
  readonly redisServer = new Server('redis', [0.1, 1.5]);
  readonly broker: Broker;
  readonly postgres = new Postgres();
  readonly redis = new Redis();
  readonly raw: RawTopic;
  readonly reports: RawTopic;
  readonly decideGroup: Group;
  readonly intakeGroup: Group;
  readonly outcomesGroup: Group;
  readonly variant: Variant | null;
  readonly findings: Finding[] = [];

  constructor(seed: number, how: How) {
    const { variant = null } = how;
    this.faults = { ...faultsOf(new Random(seed, 1)), ...variant?.faults, ...how.faults };
    this.workload = workloadOf(new Random(seed, 2), variant?.bulk === true || how.bulk === true);
    this.random = new Random(seed, 3);
    this.reportRandom = new Random(seed, 5);
    this.variant = variant;
    this.world = new World(new Random(seed, 4), how.tell ?? null);
    this.wire = new Wire(this.world);
    this.broker = new Broker(this.world, this.workload.partitions);
    this.broker.onOffsets = (partition, from, to) => this.#checkOffsets(partition, from, to);
    this.raw = new RawTopic(this.world, 'pm3.signals.normalized', RAW_LANES);
    this.reports = new RawTopic(this.world, 'mmm.outcome_reports', RAW_LANES);
    this.decideGroup = new Group(this.world, 'decide', this.workload.partitions);
    this.intakeGroup = new Group(this.world, 'intake', RAW_LANES);
    this.outcomesGroup = new Group(this.world, 'outcomes', RAW_LANES);
  }

  find(invariant: string, what: string): void {
    this.findings.push({ invariant, what });
    this.world.note(null, `FOUND ${invariant}: ${what}`);
  }

  #checkOffsets(partition: number, from: Positions, to: Positions): void {
    for (const name of ['input', 'cursor'] as const) {
      const [before, after] = [from[name], to[name]];
      if (before === null || after === before) continue;
      if (after === null || after < before)
        this.find('I6', `the committed ${name} of ${partition} went from ${before} to ${String(after)}`);
    }
  }
}
