import { MmmError } from '../../errors.ts';
import type { MmmSignalInput } from '../../generated/records.ts';

/** Longest id that intake lets in (interface 3); longer ones do not fit an index of PostgreSQL. */
const ID_MAX_CHARACTERS = 255;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** PostgreSQL has no NUL in text, and a half character would be stored as another's id. */
const isId = (value: unknown): boolean =>
  typeof value === 'string' && value.length <= ID_MAX_CHARACTERS && !value.includes('\u0000') && value.isWellFormed();

/**
 * What the batch and the commit rely on without looking. Intake guarantees it, but `mmm.signals` can be written by hand: here such a record is one
 * dead letter, in the commit it would fail the whole batch, each time anew. Throws SCHEMA_VIOLATION.
 */
export const checkSignal = (decoded: unknown): MmmSignalInput => {
  const refuse = (field: string): MmmError =>
    new MmmError('SCHEMA_VIOLATION', `${field} is not as MMMSignalInput has it`);
  if (!isRecord(decoded)) throw refuse('the value');
  for (const field of ['tenant_id', 'signal_id']) {
    if (!isId(decoded[field]) || decoded[field] === '') throw refuse(field);
  }
  if (decoded['actor_id'] !== null && !isId(decoded['actor_id'])) throw refuse('actor_id');
  // It becomes a header: only the publication would find out, when the decision is stored already.
  if (decoded['trace_parent'] !== null && typeof decoded['trace_parent'] !== 'string') throw refuse('trace_parent');
  for (const field of ['occurred_at', 'received_at']) {
    const time = decoded[field];
    if (typeof time !== 'string' || Number.isNaN(Date.parse(time))) throw refuse(field);
  }
  return decoded as unknown as MmmSignalInput;
};
