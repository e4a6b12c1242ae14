import type { MmmSignalInput } from '../../generated/records.ts';
import type { ExperimentUnit } from './experiment.ts';

/** Roles come from identity, never from the signal (D-13), and so do teams. */
const TEAM_ROLE = 'team:';

/** The id of the unit that a signal is assigned by; null: it has none and is not in the experiment. Of several teams the first by name. */
export const unitIdOf = (
  unit: ExperimentUnit,
  signal: Pick<MmmSignalInput, 'actor_id' | 'repo_id'>,
  roles: readonly string[],
): string | null => {
  switch (unit) {
    case 'actor':
      return signal.actor_id;
    case 'repository':
      return signal.repo_id;
    case 'team':
      return (
        roles
          .filter((role) => role.startsWith(TEAM_ROLE))
          .toSorted()[0]
          ?.slice(TEAM_ROLE.length) ?? null
      );
  }
};
