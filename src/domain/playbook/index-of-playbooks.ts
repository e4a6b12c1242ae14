import type { MmmSignalInput } from '../../generated/records.ts';
import { SEVERITIES, TIERS, severityRank } from '../vocabulary.ts';
import { compileGlob } from './glob.ts';
import type { Glob } from './glob.ts';
import type { CompiledPlaybook, Trigger } from './model.ts';
import { PrefixMap } from './prefix-map.ts';

/** The playbooks of a tenant, found by what a signal carries: the cost follows what matches, not how many there are. */
export interface PlaybookIndex {
  /** Those with a trigger that fits event type, source, severity and repository: highest tier first, then by id. */
  match(signal: MmmSignalInput): readonly CompiledPlaybook[];
  /** All, in the same order. */
  readonly all: readonly CompiledPlaybook[];
  /** A version of a playbook that is said to somebody: the published one, or an arm beside it; undefined if there is none. */
  get(playbookId: string): CompiledPlaybook | undefined;
  /** All of a playbook, also those that are only a shadow, lowest first. */
  versions(playbookId: string): readonly CompiledPlaybook[];
}

/** Positions in `all`: sorting the found ones by number gives the order. */
type Found = number[];

interface RepoLevel {
  readonly any: Found;
  readonly exact: Map<string, Found>;
  /** By what the glob starts with; the rest of the glob is still to be checked. */
  readonly globs: PrefixMap<{ readonly glob: Glob; readonly at: number }[]>;
}

/** One level per severity rank; a trigger stands in every rank it accepts, so a look-up reads exactly one. */
type SeverityLevel = readonly RepoLevel[];

interface SourceLevel {
  readonly any: SeverityLevel;
  readonly bySource: Map<string, SeverityLevel>;
}

const newSeverityLevel = (): SeverityLevel =>
  SEVERITIES.map(() => ({ any: [], exact: new Map<string, Found>(), globs: new PrefixMap() }));
const newSourceLevel = (): SourceLevel => ({ any: newSeverityLevel(), bySource: new Map<string, SeverityLevel>() });

const getOrAdd = <V>(map: Map<string, V>, key: string, make: () => V): V => {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
};

const addToRepos = (level: RepoLevel, trigger: Trigger, at: number): void => {
  if (trigger.repos === null) level.any.push(at);
  for (const source of trigger.repos ?? []) {
    const glob = compileGlob(source);
    if (glob.exact) getOrAdd(level.exact, source, () => []).push(at);
    else level.globs.getOrAdd(glob.literalPrefix, () => []).push({ glob, at });
  }
};

const add = (level: SourceLevel, trigger: Trigger, at: number): void => {
  const severities =
    trigger.sources === null
      ? [level.any]
      : trigger.sources.map((source) => getOrAdd(level.bySource, source, newSeverityLevel));
  const from = trigger.minSeverity === null ? 0 : severityRank(trigger.minSeverity);
  for (const severity of severities) {
    for (const repos of severity.slice(from)) addToRepos(repos, trigger, at);
  }
};

/** Adds the positions to `found`, one that several triggers lead to more than once. */
const collect = (level: SourceLevel, signal: MmmSignalInput, found: Found): void => {
  const rank = severityRank(signal.severity);
  collectRepos(level.any[rank], signal.repo_id, found);
  collectRepos(level.bySource.get(signal.source)?.[rank], signal.repo_id, found);
};

const collectRepos = (level: RepoLevel | undefined, repo: string | null, found: Found): void => {
  if (level === undefined) return;
  for (const at of level.any) found.push(at);
  if (repo === null) return;
  for (const at of level.exact.get(repo) ?? []) found.push(at);
  level.globs.forEachPrefixOf(repo, (globs) => {
    for (const { glob, at } of globs) if (glob.matches(repo)) found.push(at);
  });
};

const byTierThenId = (a: CompiledPlaybook, b: CompiledPlaybook): number => {
  const tiers = TIERS.indexOf(a.playbook.tier) - TIERS.indexOf(b.playbook.tier);
  if (tiers !== 0) return tiers;
  return a.playbook.id < b.playbook.id
    ? -1
    : a.playbook.id > b.playbook.id
      ? 1
      : a.playbook.version - b.playbook.version;
};

/** Builds the index once per change of the tenant's playbooks. */
export const buildIndex = (compiled: readonly CompiledPlaybook[]): PlaybookIndex => {
  const all = [...compiled].sort(byTierThenId);
  const exact = new Map<string, SourceLevel>();
  const prefixes = new PrefixMap<SourceLevel>();
  all.forEach(({ playbook }, at) => {
    for (const trigger of playbook.triggers) {
      const pattern = trigger.eventType;
      const level = pattern.endsWith('*')
        ? prefixes.getOrAdd(pattern.slice(0, -1), newSourceLevel)
        : getOrAdd(exact, pattern, newSourceLevel);
      add(level, trigger, at);
    }
  });
  const byId = new Map<string, CompiledPlaybook[]>();
  for (const one of all) getOrAdd(byId, one.playbook.id, () => []).push(one);
  return {
    all,
    get: (playbookId) => byId.get(playbookId)?.find(({ shadow }) => shadow !== 'mode'),
    versions: (playbookId) => byId.get(playbookId) ?? [],
    match: (signal) => {
      const found: Found = [];
      const level = exact.get(signal.event_type);
      if (level !== undefined) collect(level, signal, found);
      prefixes.forEachPrefixOf(signal.event_type, (prefixed) => collect(prefixed, signal, found));
      found.sort((a, b) => a - b);
      const matching: CompiledPlaybook[] = [];
      for (const [place, at] of found.entries()) {
        const playbook = all[at];
        if (playbook !== undefined && at !== found[place - 1]) matching.push(playbook);
      }
      return matching;
    },
  };
};
