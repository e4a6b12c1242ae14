import { finding, type Finding } from '../playbook/finding.ts';
import type { Experiment } from './experiment.ts';

/** What is stored of one version of the experiment's playbook. */
export interface StoredVersion {
  readonly version: number;
  readonly status: 'draft' | 'published' | 'deprecated' | 'shadow';
  readonly tier: string;
}

/**
 * What of an experiment the stored versions do not bear: its published version must be one of the arms, or those who are not in the experiment
 * would get something else than all arms; every other arm is a shadow version, which has passed the lint and was not withdrawn; and nothing of tier
 * critical is experimented with, because an arm or a holdout would keep it from somebody.
 */
export const armFaults = (experiment: Experiment, versions: readonly StoredVersion[]): readonly Finding[] => {
  const findings: Finding[] = [];
  const published = versions.find(({ status }) => status === 'published');
  if (published === undefined) {
    const name = experiment.playbookId;
    return [finding('playbook', `${name} has no published version`, 'publish one before you experiment with it')];
  }
  experiment.arms.forEach(({ version }, at) => {
    if (version === null) return;
    const stored = versions.find((one) => one.version === version);
    const path = `arms[${at}].version`;
    if (stored === undefined) findings.push(finding(path, `${version} does not exist`, 'import it first'));
    else if (stored.status === 'draft')
      findings.push(finding(path, `${version} is a draft`, 'let it run as a shadow first: mmm experiments shadow'));
    else if (stored.status === 'deprecated')
      findings.push(finding(path, `${version} was withdrawn`, 'import its text as a new version'));
    else if (stored.tier === 'critical')
      findings.push(finding(path, `${version} is of tier critical`, 'experiment with other tiers only'));
  });
  if (!experiment.arms.some(({ version }) => version === published.version))
    findings.push(finding('arms', `leave out version ${published.version}, the published one`, 'make it an arm'));
  return findings;
};
