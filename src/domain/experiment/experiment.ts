/**
 * An experiment between versions of one playbook, or saying nothing. `draft`: as written. `active`: units are assigned. `hold`: the sample
 * ratio is off, so nobody is assigned and the playbook is silent until a person has looked. `inactive`: over.
 */
export const EXPERIMENT_STATUSES = ['draft', 'active', 'hold', 'inactive'] as const;
export type ExperimentStatus = (typeof EXPERIMENT_STATUSES)[number];

/** What is assigned to an arm: a person, or a cluster of people who see each other's nudges. */
export const EXPERIMENT_UNITS = ['actor', 'team', 'repository'] as const;
export type ExperimentUnit = (typeof EXPERIMENT_UNITS)[number];

export interface Experiment {
  readonly id: string;
  readonly name: string;
  readonly playbookId: string;
  readonly unit: ExperimentUnit;
  readonly arms: readonly Arm[];
}

export interface Arm {
  readonly name: string;
  /** Its share of the units: the propensity of whoever is assigned to it. */
  readonly weight: number;
  /** Null: holdout, nothing is said. */
  readonly version: number | null;
}

/** Who was assigned to what, as decision trace and receipt keep it. */
export interface Assignment {
  readonly experimentId: string;
  readonly arm: string;
  readonly propensity: number;
  readonly unit: ExperimentUnit;
  /** Of a team or repository, a digest that tells it from others; of an actor null: the decision's own row names it, and erasure finds it there. */
  readonly cluster: string | null;
}
