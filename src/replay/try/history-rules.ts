import historyRules from './history-rules.json' with { type: 'json' };
import type { Commit } from './history.ts';

/** The one data file that says what is a test, a source, a generated file, a fix, a revert and a bot; printed by `mmm try --rules`. */
export const HISTORY_RULES = historyRules;

export type FileKind = 'source' | 'test' | 'generated' | 'other';

const any = (patterns: readonly string[]): RegExp =>
  new RegExp(patterns.map((pattern) => `(?:${pattern})`).join('|'), 'i');

const GENERATED = any(HISTORY_RULES.generated);
const TEST = any(HISTORY_RULES.test);
const DOCUMENTATION = any(HISTORY_RULES.documentation);
const FIX = any(HISTORY_RULES.fix);
const REVERT = any(HISTORY_RULES.revert);
const SOURCE_ENDINGS: ReadonlySet<string> = new Set(HISTORY_RULES.source_endings);

export const kindOfPath = (path: string): FileKind => {
  if (GENERATED.test(path)) return 'generated';
  const ending = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  if (!SOURCE_ENDINGS.has(ending) || !path.includes('.')) return 'other';
  if (TEST.test(path)) return 'test';
  return DOCUMENTATION.test(path) ? 'other' : 'source';
};

export const isRevert = (commit: Commit): boolean => REVERT.test(commit.subject);
export const isFix = (commit: Commit): boolean => !isRevert(commit) && FIX.test(commit.subject);

export const isBot = (commit: Commit): boolean => {
  const who = `${commit.authorName}\n${commit.authorEmail}`.toLowerCase();
  return HISTORY_RULES.bot_names.some((name) => who.includes(name));
};
