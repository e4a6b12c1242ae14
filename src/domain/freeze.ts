import { compileGlob } from './playbook/glob.ts';
import { FieldReader } from './playbook/field-reader.ts';
import type { Finding } from './playbook/finding.ts';

/** A change freeze of a tenant's policy: from, inclusive, until, exclusive. */
export interface Freeze {
  readonly fromMs: number;
  readonly untilMs: number;
  /** Globs over repo_id; null: every repository. */
  readonly repos: readonly string[] | null;
}

export const FREEZES_MAX = 100;
/** With a zone: a freeze begins at one moment for everybody, not at each person's midnight. */
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

const momentOf = (fields: FieldReader, key: string): number => {
  const value = fields.raw(key);
  const ms = typeof value === 'string' && DATE_TIME.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isFinite(ms)) return ms;
  fields.fault(key, 'is not a date-time with a zone', 'write it like 2026-12-19T18:00:00+01:00');
  return 0;
};

const freezeOf = (value: unknown, path: string, findings: Finding[]): Freeze => {
  const fields = new FieldReader(value, path, ['from', 'until', 'repos'], findings);
  const before = findings.length;
  const [fromMs, untilMs] = [momentOf(fields, 'from'), momentOf(fields, 'until')];
  if (findings.length === before && untilMs <= fromMs)
    fields.fault('until', 'is not after from', 'write the later moment as until');
  return { fromMs, untilMs, repos: fields.textList('repos', 255, false) };
};

/** `freezes` of a policy. Absent or empty: none. */
export const parseFreezes = (root: FieldReader): readonly Freeze[] => {
  const list = root.raw('freezes');
  if (list === undefined || (Array.isArray(list) && list.length === 0)) return [];
  return root.items('freezes', FREEZES_MAX).map((item) => freezeOf(item.value, item.path, root.findings));
};

/** What names no repository may be of any, so it is frozen with each of them (G6). */
const concerns = ({ repos }: Freeze, repo: string | null): boolean =>
  repos === null || repo === null || repos.some((glob) => compileGlob(glob).matches(repo));

/** When the freeze that holds now for this repository ends, with those that follow it without a gap; null: none holds. */
export const freezeUntil = (freezes: readonly Freeze[], repo: string | null, nowMs: number): number | null => {
  if (freezes.length === 0) return null;
  let at = nowMs;
  for (let step = 0; step <= freezes.length; step += 1) {
    const holding = freezes.filter((one) => one.fromMs <= at && at < one.untilMs && concerns(one, repo));
    if (holding.length === 0) break;
    at = Math.max(...holding.map((one) => one.untilMs));
  }
  return at === nowMs ? null : at;
};
