import { createCelCompiler } from '../../adapters/cel/cel-compiler.ts';
import { uuidIds } from '../../adapters/ids/uuid-ids.ts';
import { PostgresRecordedHistory } from '../../adapters/postgres/recorded-history.ts';
import { compileRules } from '../../domain/compile-rules.ts';
import type { TenantRules } from '../../domain/rules.ts';
import type { ExplainDeps } from '../../replay/explain/explain-recorded.ts';
import type { RulesDocuments } from '../../replay/rules-in-force.ts';
import { NO_CONTEXT } from '../no-context.ts';
import type { Store } from './store.ts';

/** What `explain` and `backtest` work with: readers of the journal and the pure core. Nothing in it can send, publish or write. */
export const recordedDeps = ({ api }: Pick<Store, 'api'>): ExplainDeps => {
  const conditions = createCelCompiler();
  return {
    history: new PostgresRecordedHistory(api),
    conditions,
    ids: uuidIds,
    compile: (documents: RulesDocuments): TenantRules | null => {
      const compiled = compileRules({ ...documents, conditions, ids: uuidIds });
      return compiled.ok ? compiled.rules : null;
    },
    noContext: NO_CONTEXT,
    nowMs: Date.now(),
  };
};
