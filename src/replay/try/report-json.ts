import type { PersonReport, TryReport } from './report.ts';
import type { ShownNudge } from './shown-nudge.ts';

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** Everything, for programs: times ISO, the same bytes for the same history and options (so no duration of the run). */
export const reportAsJson = (report: TryReport): object => {
  const { repository, walk, totals, politeness } = report;
  return {
    repository: {
      name: repository.name,
      bare: repository.bare,
      shallow: repository.shallow,
      commits: walk.commits,
      merges: walk.merges,
      commits_cut_off: walk.cutOff,
      people: walk.people,
      first_at: iso(walk.firstAtMs),
      last_at: iso(walk.lastAtMs),
    },
    since: iso(report.sinceMs),
    totals: {
      signals: totals.signals,
      results: totals.results,
      refused: totals.refused,
      candidates: totals.candidates,
      sent: totals.sent,
      held_back: totals.heldBack,
      not_met: totals.notMet,
      updated: totals.revised,
      shown: report.shown,
      add_up: totals.addUp,
    },
    playbooks: report.playbooks.map((one) => ({
      playbook_id: one.playbookId,
      candidates: one.candidates,
      not_met: one.notMet,
      held_back: one.heldBack,
      updated: one.revised,
      sent: one.sent,
    })),
    held_back: report.heldBack,
    most_nudges_in_100_commits: {
      active_people: politeness.activePeople,
      median: politeness.median,
      p90: politeness.p90,
      max: politeness.max,
      repeats_within_7_days: politeness.repeats.length,
    },
    people: report.people.map(personJson),
  };
};

const personJson = (person: PersonReport): object => ({
  who: person.who,
  commits: person.commits,
  sent: person.sent,
  held_back: person.heldBack,
  shown: person.shown.map(nudgeJson),
});

const nudgeJson = (nudge: ShownNudge): object => ({
  at: iso(nudge.atMs),
  time_zone: nudge.zone,
  playbook_id: nudge.playbookId,
  type: nudge.type,
  surfaces: nudge.surfaces,
  title: nudge.title,
  body: nudge.body,
  why: nudge.why,
  about: nudge.about,
  commit: nudge.commit,
});
