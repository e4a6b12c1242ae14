import { RECENT_WINDOW_MS, SENT_WINDOW_MS } from '../actor-state.ts';
import { ACTOR_TYPES, SEVERITIES, TIERS } from '../vocabulary.ts';
import { FieldReader } from './field-reader.ts';
import type { Finding } from './finding.ts';
import type { Playbook, PlaybookLimits, Trigger } from './model.ts';
import { parseAction } from './parse-action.ts';

export type ParsedPlaybook =
  { readonly ok: true; readonly playbook: Playbook } | { readonly ok: false; readonly findings: readonly Finding[] };

/** Longer than any release or night a nudge could sensibly wait for. */
const EXPIRES_MAX_MS = RECENT_WINDOW_MS;
const EXPIRES_DEFAULT_MS = 24 * 3_600_000;
/** `http` is the source word of signals that came by `POST /v1/mmm/decide` without a producer of their own. */
const SOURCES = ['pm3', 'ubi', 'detection', 'release', 'incident', 'trigger', 'http'] as const;
/** A service is never nudged (interface 2a), so a trigger can not ask for one. */
const NUDGED_ACTOR_TYPES = ACTOR_TYPES.filter((type) => type !== 'service');
const SLUG = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const EVENT_TYPE = /^([^*]+\*?|\*)$/;

const PLAYBOOK_FIELDS = [
  'id',
  'name',
  'description',
  'owner',
  'lang',
  'tier',
  'triggers',
  'when',
  'limits',
  'deferral',
  'actions',
];
const TRIGGER_FIELDS = ['event_type', 'sources', 'min_severity', 'actor_types', 'actor_roles', 'repos'];
const LIMIT_FIELDS = ['cooldown', 'subject_cooldown', 'subject_rest', 'per_actor_per_day', 'per_repo_per_day'];

const parseTrigger = (value: unknown, path: string, findings: Finding[]): Trigger => {
  const fields = new FieldReader(value, path, TRIGGER_FIELDS, findings);
  const eventType = fields.text('event_type', 128);
  if (eventType !== '' && !EVENT_TYPE.test(eventType)) {
    fields.fault('event_type', 'has a * that is not at its end', 'write an exact type, or a prefix followed by *');
  }
  return {
    eventType,
    sources: fields.wordList('sources', SOURCES, false),
    minSeverity: fields.oneOf('min_severity', SEVERITIES),
    actorTypes: fields.wordList('actor_types', NUDGED_ACTOR_TYPES, false),
    actorRoles: fields.textList('actor_roles', 128, false),
    repos: fields.textList('repos', 255, false),
  };
};

const parseLimits = (root: FieldReader): PlaybookLimits => {
  const fields = root.object('limits', LIMIT_FIELDS);
  return {
    cooldownMs: fields?.durationMs('cooldown', SENT_WINDOW_MS) ?? null,
    subjectCooldownMs: fields?.durationMs('subject_cooldown', SENT_WINDOW_MS) ?? null,
    subjectRestMs: fields?.durationMs('subject_rest', SENT_WINDOW_MS) ?? null,
    perActorPerDay: fields?.integer('per_actor_per_day', 1, 100) ?? null,
    perRepoPerDay: fields?.integer('per_repo_per_day', 1, 1_000) ?? null,
  };
};

const parseDeferral = (root: FieldReader): Playbook['deferral'] => {
  const fields = root.object('deferral', ['mode', 'until', 'expires_after']);
  if (fields === null) return { mode: 'by_type', expiresAfterMs: EXPIRES_DEFAULT_MS };
  if (!fields.has('mode')) fields.fault('mode', 'is missing', 'write defer or drop');
  const mode = fields.oneOf('mode', ['defer', 'drop']) ?? 'by_type';
  const until = fields.oneOf('until', ['breakpoint']);
  if (until !== null && mode === 'drop')
    fields.fault('until', 'names what is waited for, and mode drop waits for nothing', 'write mode: defer');
  return {
    mode,
    expiresAfterMs: fields.durationMs('expires_after', EXPIRES_MAX_MS) ?? EXPIRES_DEFAULT_MS,
    ...(until === null ? {} : { until: 'breakpoint' }),
  };
};

/**
 * A playbook document (interface 5, parsed YAML or JSON) as the engine decides with it: durations in milliseconds, defaults filled in. All faults
 * are answered together; a field nobody knows is one of them, so that a misspelt limit is never a missing limit. Never throws.
 */
export const parsePlaybook = (document: unknown, version: number): ParsedPlaybook => {
  const findings: Finding[] = [];
  const root = new FieldReader(document, '', PLAYBOOK_FIELDS, findings);
  const id = root.text('id', 64);
  if (id !== '' && !SLUG.test(id))
    root.fault('id', 'is not a slug', 'use lower-case letters, digits and single dashes');
  root.oneOf('lang', ['en']);
  const playbook: Playbook = {
    id,
    version,
    name: root.text('name', 120),
    description: root.optionalText('description', 2_000) ?? '',
    owner: root.text('owner', 128),
    tier: root.oneOf('tier', TIERS) ?? 'normal',
    triggers: root.items('triggers', 50).map((item) => parseTrigger(item.value, item.path, findings)),
    when: root.optionalText('when', 2_048),
    limits: parseLimits(root),
    deferral: parseDeferral(root),
    actions: root.items('actions', 10).map((item) => parseAction(item.value, item.path, findings)),
  };
  return findings.length === 0 ? { ok: true, playbook } : { ok: false, findings };
};
