import { foldContext, type TenantContext } from '../../domain/context/tenant-context.ts';
import type { ContextSource } from '../../pipeline/ports/context-source.ts';
import type { MemoryJournal } from './memory-journal.ts';

/** The context of tenants from the journal in memory, as it stands: time is the caller's there, so nothing is held for half a minute of it. */
export class MemoryContextSource implements ContextSource {
  readonly #journal: Pick<MemoryJournal, 'contextEvents'>;

  constructor(journal: Pick<MemoryJournal, 'contextEvents'>) {
    this.#journal = journal;
  }

  current(tenantId: string): TenantContext {
    return foldContext(this.#journal.contextEvents(tenantId));
  }

  load(tenantId: string): Promise<TenantContext> {
    return Promise.resolve(this.current(tenantId));
  }
}
