import { createCelCompiler } from '../../adapters/cel/cel-compiler.ts';
import { parsePlaybookDocument, readPlaybookFiles } from '../../adapters/files/playbook-files.ts';
import { DefinitionReader, type StoredPlaybook } from '../../adapters/postgres/definition-reader.ts';
import type { EventTypes } from '../../domain/playbook/event-types.ts';
import type { Finding } from '../../domain/playbook/finding.ts';
import type { Forecast } from '../../domain/playbook/forecast.ts';
import { type Arrivals, lintLimits } from '../../domain/playbook/lint-limits.ts';
import { lintPlaybook } from '../../domain/playbook/lint-playbook.ts';
import type { Playbook } from '../../domain/playbook/model.ts';
import type { TenantPolicy } from '../../domain/rules.ts';
import { tenantEventTypesFrom, withTenantTypes } from '../../domain/tenant-event-types.ts';
import { tenantPolicyFrom } from '../../domain/tenant-policy.ts';
import { MmmError } from '../../errors.ts';
import { EVENT_TYPES } from '../../generated/event-types.ts';
import { arrivalRateOf } from './arrival-rate.ts';
import { systemClock } from './process-parts.ts';
import type { Store } from './store.ts';

/** What a playbook is held against: the event types there are, the settings it has to live with, and how often it comes up. */
export interface LintGround {
  readonly types: EventTypes;
  readonly policy: TenantPolicy;
  rateOf(playbook: Playbook): Promise<Arrivals | null>;
}

export interface LocatedFinding extends Finding {
  /** In the file, from 1; null: no file, or no place in it. */
  readonly line: number | null;
}

export interface LintResult {
  readonly findings: readonly LocatedFinding[];
  readonly notes: readonly string[];
  readonly forecast: Forecast | null;
}

/** A playbook file as the lint sees it; `playbookId` null when the file can not be read as a playbook. */
export interface LintedPlaybook extends LintResult {
  readonly file: string;
  readonly playbookId: string | null;
  readonly document: unknown;
}

const policyOf = (document: unknown): TenantPolicy => {
  const parsed = tenantPolicyFrom(document, 1);
  if (parsed.ok) return parsed.policy;
  throw new MmmError('TENANTS_FILE_INVALID', 'the stored policy can not be read; apply the tenants file again');
};

/** So wide that only what the playbook itself says can stand in its own way. */
const NO_TENANT = {
  id: 'none',
  quotas: { max_actions_per_day: 1_000, max_actions_per_hour: 1_000, per_repo_per_day: 1_000 },
  quiet_hours: { start: 0, end: 0 },
};

const given = (rate: number): Arrivals => ({ perWeek: rate, certainty: 'given' });

/** Without a tenant: the event types of the package. With a rate, the settings of a tenant that has none of its own. */
export const groundWithoutTenant = (rate: number | null): LintGround => ({
  types: EVENT_TYPES,
  policy: policyOf(rate === null ? NO_TENANT : { id: 'none' }),
  rateOf: async () => (rate === null ? null : given(rate)),
});

/** A tenant's settings, event types and recorded signals. Throws RESOURCE_NOT_FOUND for an unknown tenant. */
export const groundOfTenant = async (
  store: Pick<Store, 'api'>,
  tenantId: string,
  rate: number | null,
): Promise<LintGround> => {
  const policy = await new DefinitionReader(store.api).policy(tenantId);
  if (policy === null)
    throw new MmmError('RESOURCE_NOT_FOUND', `there is no tenant ${tenantId}; create it first: mmm tenants apply`);
  return await groundOfEntry(store, tenantId, policy.document, rate);
};

/** A tenant's settings and event types as an entry of a tenants file has them, stored or not yet, and its recorded signals. */
export const groundOfEntry = async (
  store: Pick<Store, 'api'>,
  tenantId: string,
  document: unknown,
  rate: number | null,
): Promise<LintGround> => {
  const reader = new DefinitionReader(store.api);
  const own = tenantEventTypesFrom(document);
  const stored = await reader.playbooks(tenantId);
  const live = (id: string): StoredPlaybook | null =>
    stored.find(({ playbookId, status }) => playbookId === id && status === 'published') ?? null;
  return {
    types: own.ok ? withTenantTypes(EVENT_TYPES, own.types) : EVENT_TYPES,
    policy: policyOf(document),
    rateOf: async (playbook) =>
      rate === null
        ? await arrivalRateOf(store, tenantId, playbook, live(playbook.id), systemClock.now())
        : given(rate),
  };
};

const NO_LINE = (): null => null;

const lintOn = async (
  playbook: Playbook,
  ground: LintGround,
  lineOf: (path: string) => number | null,
): Promise<LintResult> => {
  const limits = lintLimits(playbook, ground.policy, await ground.rateOf(playbook));
  const findings = [...lintPlaybook(playbook, ground.types, createCelCompiler()), ...limits.findings];
  return {
    findings: findings.map((found) => ({ ...found, line: lineOf(found.path) })),
    notes: limits.notes,
    forecast: limits.forecast,
  };
};

/** One that was read already. */
export const lintPlaybookOn = async (playbook: Playbook, ground: LintGround): Promise<LintResult> =>
  await lintOn(playbook, ground, NO_LINE);

/** Reads one file or a folder and says everything that is wrong with each. Throws USAGE when the path can not be read. */
export const lintPath = async (path: string, ground: LintGround): Promise<readonly LintedPlaybook[]> => {
  const linted: LintedPlaybook[] = [];
  for (const read of await readPlaybookFiles(path)) {
    const { file, lineOf } = read;
    if (read.ok) {
      const { document, playbook } = read;
      linted.push({ file, document, playbookId: playbook.id, ...(await lintOn(playbook, ground, lineOf)) });
    } else {
      const findings = read.findings.map((found) => ({ ...found, line: lineOf(found.path) }));
      linted.push({ file, document: null, playbookId: null, findings, notes: [], forecast: null });
    }
  }
  return linted;
};

/** A stored version, held against the tenant as it is now. */
export const lintStored = async (stored: StoredPlaybook, ground: LintGround): Promise<LintResult> => {
  const parsed = parsePlaybookDocument(stored.document, stored.version);
  if (parsed.ok) return await lintOn(parsed.playbook, ground, NO_LINE);
  return { findings: parsed.findings.map((found) => ({ ...found, line: null })), notes: [], forecast: null };
};
