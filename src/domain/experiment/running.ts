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

/** The versions of one playbook, as the compiler of the rules knows them. */
export interface PlaybookVersions {
  readonly published: CompiledPlaybook | undefined;
  /** Published and shadow versions that could be compiled. */
  readonly usable: readonly CompiledPlaybook[];
  /** All that are stored as such. */
  readonly stored: ReadonlySet<number>;
}

/**
 * Which of the stored experiments are in force. One whose playbook was withdrawn or published anew, or one of whose arms was, is over: that is the owner's
 * later word, and publishing the winner is how an experiment ends. So is one of tier critical. One with an arm that is there and can not be
 * used is on hold: to give its units another arm would spoil what it measures, and would say to people what nobody has chosen for them.
 */
export const runningExperiments = (
  stored: readonly StoredExperiment[],
  versionsOf: (playbookId: string) => PlaybookVersions,
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
    const versions = versionsOf(experiment.playbookId);
    const publishedVersion = versions.published?.playbook.version;
    const arms = experiment.arms.flatMap(({ version }) => (version === null ? [] : [version]));
    const usable = versions.usable.filter(({ playbook }) => arms.includes(playbook.version));
    const gone = arms.find((version) => !versions.stored.has(version));
    if (publishedVersion === undefined) ignore('its playbook has no published version');
    else if (!arms.includes(publishedVersion)) ignore(`version ${publishedVersion} was published and is no arm`);
    else if (gone !== undefined) ignore(`version ${gone} is neither published nor shadow any more`);
    else if (usable.some(({ playbook }) => playbook.tier === 'critical')) ignore('its playbook is of tier critical');
    else if (byPlaybook.has(experiment.playbookId)) ignore('another experiment of its playbook runs');
    else {
      const onHold = status === 'hold' || usable.length < arms.length;
      byPlaybook.set(experiment.playbookId, { experiment, onHold, publishedVersion });
    }
  }
  return { byPlaybook, ignored };
};
