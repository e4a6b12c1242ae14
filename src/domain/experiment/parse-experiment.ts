import { FieldReader } from '../playbook/field-reader.ts';
import type { Finding } from '../playbook/finding.ts';
import { type Arm, type Experiment, EXPERIMENT_UNITS } from './experiment.ts';

export type ParsedExperiment =
  | { readonly ok: true; readonly experiment: Experiment }
  | { readonly ok: false; readonly findings: readonly Finding[] };

const SLUG = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const ARMS_MAX = 8;
/** The playbook is there to help: an experiment may keep it from half of the people, not from most. */
const HOLDOUT_MAX = 0.5;
/** An arm below it would never gather enough to say anything, and its expected count makes the ratio check useless. */
const WEIGHT_MIN = 0.01;
/** Tenths do not sum to 1 in binary. */
const SUM_TOLERANCE = 1e-9;

const slug = (fields: FieldReader, key: string): string => {
  const value = fields.text(key, 64);
  if (value !== '' && !SLUG.test(value))
    fields.fault(key, 'is not a slug', 'use lower-case letters, digits and single dashes');
  return value;
};

const weightOf = (fields: FieldReader): number => {
  const value = fields.raw('weight');
  if (typeof value === 'number' && value >= WEIGHT_MIN && value <= 1 - WEIGHT_MIN) return value;
  fields.fault('weight', `is not a number from ${WEIGHT_MIN} to ${1 - WEIGHT_MIN}`, 'write a share like 0.5');
  return 0;
};

const armOf = (value: unknown, path: string, findings: Finding[]): Arm => {
  const fields = new FieldReader(value, path, ['name', 'weight', 'version', 'holdout'], findings);
  const holdout = fields.raw('holdout');
  if (holdout !== undefined && holdout !== true) fields.fault('holdout', 'is not true', 'write true, or remove it');
  if (fields.has('version') === fields.has('holdout'))
    fields.fault('version', 'and holdout: one of them is needed', 'name a version, or write holdout: true');
  return {
    name: slug(fields, 'name'),
    weight: weightOf(fields),
    version: fields.integer('version', 1, 1_000_000),
  };
};

const boundsOf = (root: FieldReader, arms: readonly Arm[]): void => {
  const repeated = (of: (arm: Arm) => string | number | null): boolean => {
    const values = arms.map(of).filter((value) => value !== null);
    return new Set(values).size < values.length;
  };
  if (arms.length < 2) root.fault('arms', 'are fewer than two', 'compare something with something else');
  if (repeated((arm) => arm.name)) root.fault('arms', 'name something twice', 'give each arm a name of its own');
  if (repeated((arm) => arm.version)) root.fault('arms', 'name a version twice', 'name each version once');
  if (arms.every((arm) => arm.version === null)) root.fault('arms', 'name no version', 'name the published version');
  const sum = arms.reduce((total, { weight }) => total + weight, 0);
  if (Math.abs(sum - 1) > SUM_TOLERANCE) root.fault('arms', `have weights that sum to ${sum}`, 'make them sum to 1');
  const held = arms.reduce((total, { weight, version }) => total + (version === null ? weight : 0), 0);
  if (held > HOLDOUT_MAX + SUM_TOLERANCE)
    root.fault('arms', `hold out ${held} of the units`, `hold out at most ${HOLDOUT_MAX}`);
};

/**
 * An experiment's document (JSON Schema in schemas/experiment) within its safe bounds: weights sum to 1, at most half hold out. What depends on
 * the stored versions of the playbook is checked by `armFaults`. All faults are answered together.
 */
export const parseExperiment = (document: unknown): ParsedExperiment => {
  const findings: Finding[] = [];
  const root = new FieldReader(document, '', ['id', 'name', 'playbook', 'unit', 'arms'], findings);
  if (!root.has('unit')) root.fault('unit', 'is missing', `write one of ${EXPERIMENT_UNITS.join(', ')}`);
  const experiment: Experiment = {
    id: slug(root, 'id'),
    name: root.text('name', 120),
    playbookId: slug(root, 'playbook'),
    unit: root.oneOf('unit', EXPERIMENT_UNITS) ?? 'actor',
    arms: root.items('arms', ARMS_MAX).map((item) => armOf(item.value, item.path, findings)),
  };
  if (findings.length === 0) boundsOf(root, experiment.arms);
  return findings.length === 0 ? { ok: true, experiment } : { ok: false, findings };
};
