import { MmmError } from '../../errors.ts';

const strings = <T extends Record<string, unknown>>(values: T): { [K in keyof T]?: string } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => typeof value === 'string')) as {
    [K in keyof T]?: string;
  };

/** What can be read from an error of the client, its cause included, without looking at any text. */
interface ClientErrorFacts {
  readonly name: string;
  /** Protocol error name, for instance INVALID_PRODUCER_EPOCH. */
  readonly type?: string;
  /** The topic that the broker refused, where it says which. */
  readonly topic?: string;
  /** What the runtime called it, for instance ECONNREFUSED. */
  readonly code?: string;
}

export function clientErrorFacts(error: unknown): ClientErrorFacts {
  let current: unknown = error;
  let facts: ClientErrorFacts = { name: 'unknown' };
  // The client wraps what it gave up on, sometimes twice.
  for (let depth = 0; depth < 5 && typeof current === 'object' && current !== null; depth++) {
    const { name, type, topic, code, cause, originalError } = current as Record<string, unknown>;
    facts = { ...facts, ...strings({ name, code }) };
    if (typeof type === 'string') return { ...facts, ...strings({ type, topic }) };
    current = originalError ?? cause;
  }
  return facts;
}

/** 47 is what brokers answer to the request versions of this client; the others are the same fact in newer words. */
const FENCED = new Set(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'TRANSACTIONAL_ID_FENCED']);

/** `asked`: whether the broker may have been told to commit already. */
export function transactionError(error: unknown, asked: boolean): MmmError {
  if (error instanceof MmmError) return error;
  const { name, ...more } = clientErrorFacts(error);
  const { type } = more;
  const details = { error: name, ...more };
  if (type !== undefined && FENCED.has(type)) return new MmmError('FENCED', undefined, { details, cause: error });
  return new MmmError(asked ? 'IN_DOUBT' : 'LOG_UNAVAILABLE', undefined, { details, cause: error });
}

/** What any other call failed with: TOPIC_MISSING, else LOG_UNAVAILABLE; errors of ours as they are. */
export function logUnavailable(error: unknown): MmmError {
  if (clientErrorFacts(error).type !== 'UNKNOWN_TOPIC_OR_PARTITION') return transactionError(error, false);
  return new MmmError('TOPIC_MISSING', undefined, { cause: error });
}
