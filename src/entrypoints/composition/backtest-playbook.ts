import { readPlaybookFiles } from '../../adapters/files/playbook-files.ts';
import { compilePlaybook } from '../../domain/playbook/compile-playbook.ts';
import type { ConditionCompiler } from '../../domain/playbook/condition.ts';
import type { Finding } from '../../domain/playbook/finding.ts';
import type { TenantRules } from '../../domain/rules.ts';
import { MmmError } from '../../errors.ts';
import { type BacktestReport, buildBacktestReport } from '../../replay/backtest/backtest-report.ts';
import { type BacktestObserver, runBacktest } from '../../replay/backtest/run-backtest.ts';
import { type RulesDocuments, rulesInForce } from '../../replay/rules-in-force.ts';
import { recordedDeps } from './recorded.ts';
import type { Store } from './store.ts';

export interface BacktestOptions {
  readonly file: string;
  readonly tenantId: string;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly progress: BacktestObserver;
}

const refuse = (file: string, findings: readonly Finding[]): MmmError =>
  new MmmError(
    'PLAYBOOK_INVALID',
    findings.map(({ path, message, remedy }) => `${file}: ${path}: ${message}; ${remedy}`).join('\n'),
  );

/** The playbook of one file. It must be one that could run; the lint is for publishing. Throws USAGE, PLAYBOOK_INVALID. */
const playbookOf = async (
  file: string,
  conditions: ConditionCompiler,
): Promise<{ readonly playbookId: string; readonly document: unknown }> => {
  const files = await readPlaybookFiles(file);
  const [only] = files;
  if (only === undefined || files.length > 1) throw new MmmError('USAGE', `${file}: give the file of one playbook`);
  if (!only.ok) throw refuse(only.file, only.findings);
  const compiled = compilePlaybook(only.playbook, conditions);
  if (!compiled.ok) throw refuse(only.file, compiled.findings);
  return { playbookId: only.playbook.id, document: only.document };
};

/**
 * What the file's version would have done since then, against the rules that are live now. Throws USAGE, PLAYBOOK_INVALID, RESOURCE_NOT_FOUND.
 */
export const backtestPlaybook = async (
  store: Pick<Store, 'api'>,
  { file, tenantId, sinceMs, untilMs, progress }: BacktestOptions,
): Promise<BacktestReport> => {
  const deps = recordedDeps(store);
  const { playbookId, document } = await playbookOf(file, deps.conditions);
  const held = await deps.history.rules(tenantId);
  const found = rulesInForce(held, untilMs);
  if (found === null)
    throw new MmmError('RESOURCE_NOT_FOUND', `there is no tenant ${tenantId}; create it first: mmm tenants apply`);
  const { documents } = found;
  const liveVersion = documents.playbooks.find((one) => one.playbookId === playbookId)?.version ?? null;
  const others = documents.playbooks.filter((one) => one.playbookId !== playbookId);
  // The number of the live one, as if it had stood in its place: what waits from before would else end as another version's.
  const version = liveVersion ?? 1;
  const compile = (what: string, rules: RulesDocuments): TenantRules => {
    const compiled = deps.compile(rules);
    if (compiled === null)
      throw new MmmError('TENANTS_FILE_INVALID', `the policy of ${tenantId} can not be used (${what})`);
    return compiled;
  };
  const stretch = { fromMs: sinceMs, toMs: untilMs };
  const rules = {
    playbookId,
    live: compile('live', documents),
    next: compile('this file', { ...documents, playbooks: [...others, { playbookId, version, document }] }),
  };
  const tally = await runBacktest(deps, { tenantId, stretch, rules }, progress);
  return buildBacktestReport(tally, { playbookId, liveVersion, stretch });
};
