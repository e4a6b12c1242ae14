import type { Arm, Experiment } from '../../../src/domain/experiment/experiment.ts';

export const anArm = (name: string, weight: number, version: number | null = null): Arm => ({ name, weight, version });

export const anExperiment = (change: Partial<Experiment> = {}): Experiment => ({
  id: 'shorter-text',
  name: 'A shorter text',
  playbookId: 'tests-missing',
  unit: 'actor',
  arms: [anArm('control', 0.5, 3), anArm('short', 0.3, 4), anArm('silence', 0.2)],
  ...change,
});
