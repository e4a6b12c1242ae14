import type { CompiledPlaybook } from '../playbook/model.ts';
import type { Experiment } from './experiment.ts';
import { parseExperiment } from './parse-experiment.ts';

/** An experiment of the tenant that is active or on hold, as stored. */
export interface StoredExperiment {
  readonly document: unknown;
  readonly status: 'active' | 'hold';
}

/** An experiment that decisions follow. */
export interface RunningExperiment {
  readonly experiment: Experiment;
  /** Nobody is assigned: the playbook is silent until a person has looked. */
  readonly onHold: boolean;
  /** What those get who are not in the experiment, and what a holdout is spared. */
  readonly publishedVersion: number;
}

export interface RunningExperiments {
  readonly byPlaybook: ReadonlyMap<string, RunningExperiment>;
  /** Stored, but no longer in force, with why: for the log. */
  readonly ignored: readonly { readonly document: unknown; readonly why: string }[];
}

/**
 * Which of the stored experiments are in force, given the versions that could be compiled. One whose playbook is withdrawn, was published anew since, or
 * is of tier critical is over: the publication is the owner's later word. One with an arm that can not be served is on hold: to give
 * its units another arm would spoil what it measures, and would say to people what nobody has chosen for them.
 */
export const runningExperiments = (
  stored: readonly StoredExperiment[],
  published: ReadonlyMap<string, CompiledPlaybook>,
  versionsOf: (playbookId: string) => readonly CompiledPlaybook[],
): RunningExperiments => {
  const byPlaybook = new Map<string, RunningExperiment>();
  const ignored: { document: unknown; why: string }[] = [];
  for (const { document, status } of stored) {
    const ignore = (why: string): void => void ignored.push({ document, why });
    const parsed = parseExperiment(document);
    if (!parsed.ok) {
      ignore(parsed.findings.map(({ path, message }) => `${path} ${message}`).join('; '));
      continue;
    }
    const { experiment } = parsed;
    const publishedVersion = published.get(experiment.playbookId)?.playbook.version;
    const arms = experiment.arms.flatMap(({ version }) => (version === null ? [] : [version]));
    const versions = versionsOf(experiment.playbookId).filter(({ playbook }) => arms.includes(playbook.version));
    if (publishedVersion === undefined) ignore('its playbook has no published version');
    else if (!arms.includes(publishedVersion)) ignore(`version ${publishedVersion} was published and is no arm`);
    else if (versions.some(({ playbook }) => playbook.tier === 'critical')) ignore('its playbook is of tier critical');
    else if (byPlaybook.has(experiment.playbookId)) ignore('another experiment of its playbook runs');
    else {
      const onHold = status === 'hold' || versions.length < arms.length;
      byPlaybook.set(experiment.playbookId, { experiment, onHold, publishedVersion });
    }
  }
  return { byPlaybook, ignored };
};
