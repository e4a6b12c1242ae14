import { DISMISSAL_WINDOW_MS } from './actor-state.ts';
import { parseFreezes } from './freeze.ts';
import { parseInhibitions } from './inhibition.ts';
import { FieldReader } from './playbook/field-reader.ts';
import type { Finding } from './playbook/finding.ts';
import { parseQuietHours } from './quiet-hours-form.ts';
import type { Quotas, TenantPolicy } from './rules.ts';
import { zoneNamed } from './time/zones.ts';
import { ACTION_TYPES, SEVERITIES, SURFACES, TIERS } from './vocabulary.ts';
import type { ActionType, Tier } from './vocabulary.ts';

export type ParsedPolicy =
  { readonly ok: true; readonly policy: TenantPolicy } | { readonly ok: false; readonly findings: readonly Finding[] };

/** Interface 5a and R-75. */
export const DEFAULT_QUOTAS: Quotas = { maxActionsPerDay: 10, maxActionsPerHour: 3, perRepoPerDay: 5 };
const MAX_LATENESS_DEFAULT_MS = 24 * 3_600_000;
const MAX_LATENESS_MAX_MS = 30 * 24 * 3_600_000;
/** In this last part of the day what was held for a tier is given to every tier. */
const RELEASE_LAST_DEFAULT_MS = 4 * 3_600_000;
const RELEASE_LAST_MAX_MS = 24 * 3_600_000;
const QUOTA_MAX = 1_000;
/** Two weeks outlast nearly every branch and pull request: the same thing is then not spoken of again while somebody works on it. */
const DISMISSED_SUBJECT_DEFAULT_MS = 14 * 24 * 3_600_000;
/**
 * A no to one thing says less about the next one, but the same advice an hour later on another file would be pestering: three days are the rest of the
 * piece of work at hand, over a weekend too.
 */
const DISMISSED_ANYWHERE_DEFAULT_MS = 3 * 24 * 3_600_000;

export const TENANT_FIELDS = [
  'id',
  'time_zone',
  'unknown_actors',
  'enabled_action_types',
  'enabled_surfaces',
  'quotas',
  'quiet_hours',
  'reserve',
  'max_lateness',
  'dismissal_memory',
  'approver_roles',
  'safety_critical',
  'inhibitions',
  'event_types',
  'freezes',
  'incident_min_severity',
  'actors',
  'playbooks',
  'experiments',
];

const quotasOf = (root: FieldReader): Quotas => {
  const fields = root.object('quotas', [
    'max_actions_per_day',
    'max_actions_per_hour',
    'per_repo_per_day',
    'per_type_per_day',
  ]);
  const types = fields?.object('per_type_per_day', ACTION_TYPES) ?? null;
  return {
    maxActionsPerDay: fields?.integer('max_actions_per_day', 0, QUOTA_MAX) ?? DEFAULT_QUOTAS.maxActionsPerDay,
    maxActionsPerHour: fields?.integer('max_actions_per_hour', 0, QUOTA_MAX) ?? DEFAULT_QUOTAS.maxActionsPerHour,
    perRepoPerDay: fields?.integer('per_repo_per_day', 0, QUOTA_MAX) ?? DEFAULT_QUOTAS.perRepoPerDay,
    ...(types === null ? {} : { perTypePerDay: typeQuotasOf(types) }),
  };
};

const typeQuotasOf = (fields: FieldReader): Partial<Record<ActionType, number>> => {
  const quotas: Partial<Record<ActionType, number>> = {};
  for (const type of ACTION_TYPES) {
    const count = fields.integer(type, 0, QUOTA_MAX);
    if (count !== null) quotas[type] = count;
  }
  return quotas;
};

const reserveOf = (root: FieldReader): TenantPolicy['reserve'] => {
  // Holding room for the lowest tier would hold it for everyone.
  const reservable = TIERS.filter((tier) => tier !== 'low');
  const fields = root.object('reserve', [...reservable, 'release_last']);
  const tiers: Partial<Record<Tier, number>> = {};
  for (const tier of reservable) {
    const count = fields?.integer(tier, 0, QUOTA_MAX) ?? null;
    if (count !== null) tiers[tier] = count;
  }
  return { tiers, releaseLastMs: fields?.durationMs('release_last', RELEASE_LAST_MAX_MS) ?? RELEASE_LAST_DEFAULT_MS };
};

const dismissalMemoryOf = (root: FieldReader): TenantPolicy['dismissalMemory'] => {
  const fields = root.object('dismissal_memory', ['subject', 'anywhere']);
  return {
    subjectMs: fields?.durationMs('subject', DISMISSAL_WINDOW_MS) ?? DISMISSED_SUBJECT_DEFAULT_MS,
    anywhereMs: fields?.durationMs('anywhere', DISMISSAL_WINDOW_MS) ?? DISMISSED_ANYWHERE_DEFAULT_MS,
  };
};

/**
 * A tenant's policy from its entry in the tenants file (interface 5a), parsed, with defaults. Absent lists are null (all), empty lists stay empty
 * (none; C-24, D-34). `actors`, `event_types`, `playbooks` and `experiments` of the entry are not policy and are only known names here.
 */
export const tenantPolicyFrom = (document: unknown, version: number): ParsedPolicy => {
  const findings: Finding[] = [];
  const root = new FieldReader(document, '', TENANT_FIELDS, findings);
  const timeZone = root.optionalText('time_zone', 64) ?? 'UTC';
  if (zoneNamed(timeZone) === null) root.fault('time_zone', 'is not a time zone', 'write an IANA name or +HH:MM');
  const policy: TenantPolicy = {
    tenantId: root.text('id', 255),
    version,
    timeZone,
    unknownActors: root.oneOf('unknown_actors', ['allow', 'deny']) ?? 'deny',
    enabledActionTypes: root.wordList('enabled_action_types', ACTION_TYPES, true),
    enabledSurfaces: root.wordList('enabled_surfaces', SURFACES, true),
    quotas: quotasOf(root),
    quietHours: parseQuietHours(root),
    reserve: reserveOf(root),
    maxLatenessMs: root.durationMs('max_lateness', MAX_LATENESS_MAX_MS) ?? MAX_LATENESS_DEFAULT_MS,
    dismissalMemory: dismissalMemoryOf(root),
    approverRoles: root.textList('approver_roles', 128, true) ?? ['tenant_admin'],
    safetyCritical: root.boolean('safety_critical') ?? false,
    inhibitions: parseInhibitions(root),
    freezes: parseFreezes(root),
    incidentMinSeverity: root.oneOf('incident_min_severity', SEVERITIES) ?? 'info',
  };
  return findings.length === 0 ? { ok: true, policy } : { ok: false, findings };
};
