import type { PlaybookChange } from '../../domain/playbook/playbook-change.ts';
import { MmmError } from '../../errors.ts';
import type { LintedPlaybook, LintResult, LocatedFinding } from '../composition/playbook-lint.ts';

/** A finding with its place: file and line as editors open them, then the path. */
export const findingLines = (where: string, findings: readonly LocatedFinding[]): string[] =>
  findings.map(({ path, message, remedy, line }) => {
    const place = line === null ? where : `${where}:${line}`;
    return `${place}: ${path === '' ? 'the document' : path}: ${message}\n    to mend it: ${remedy}`;
  });

export const noteLines = (where: string, notes: readonly string[]): string[] =>
  notes.map((note) => `${where}: note: ${note}`);

export const lintJson = ({ findings, notes, forecast }: LintResult): object => ({
  findings,
  notes,
  forecast:
    forecast === null
      ? null
      : {
          per_week_and_actor: {
            produced: forecast.produced,
            sent_at_most: forecast.sent,
            expired: forecast.expired,
            dropped: forecast.dropped,
          },
          interacting: forecast.interacting,
        },
});

export const lintedJson = (linted: LintedPlaybook): object => ({
  file: linted.file,
  playbook_id: linted.playbookId,
  ...lintJson(linted),
});

export const changeLines = (changes: readonly PlaybookChange[]): string[] =>
  changes.map(({ area, words }) => `  ${area}: ${words}`);

export const refused = (count: number, what: string): MmmError =>
  new MmmError('PLAYBOOK_INVALID', `${count === 1 ? 'one' : count} of the playbooks does not pass the lint; ${what}`);
