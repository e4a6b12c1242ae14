import { causeCode, MmmError } from '../../errors.ts';

const str = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** What can be read from an error of the client, its cause included, without looking at any text. */
interface ClientErrorFacts {
  /** Protocol error name, for instance INVALID_PRODUCER_EPOCH. */
  readonly type: string | undefined;
  readonly name: string;
  /** The topic that the broker refused, where it says which. */
  readonly topic: string | undefined;
}

export function clientErrorFacts(error: unknown): ClientErrorFacts {
  let current: unknown = error;
  let name = 'unknown';
  // The client wraps what it gave up on, sometimes twice.
  for (let depth = 0; depth < 5 && typeof current === 'object' && current !== null; depth++) {
    const { type, topic, name: currentName, cause, originalError } = current as Record<string, unknown>;
    name = str(currentName) ?? name;
    if (str(type) !== undefined) return { type: str(type), name, topic: str(topic) };
    current = originalError ?? cause;
  }
  return { type: undefined, name, topic: undefined };
}

/** 47 is what brokers answer to the request versions of this client; the others are the same fact in newer words. */
const FENCED = new Set(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'TRANSACTIONAL_ID_FENCED']);

/** `asked`: whether the broker may have been told to commit already. */
export function transactionError(error: unknown, asked: boolean): MmmError {
  if (error instanceof MmmError) return error;
  const { type, name, topic } = clientErrorFacts(error);
  const details = {
    error: name,
    ...(type === undefined ? causeCode(error) : { type }),
    ...(topic === undefined ? {} : { topic }),
  };
  if (type !== undefined && FENCED.has(type)) return new MmmError('FENCED', undefined, { details, cause: error });
  return new MmmError(asked ? 'IN_DOUBT' : 'LOG_UNAVAILABLE', undefined, { details, cause: error });
}

/** What any other call failed with: TOPIC_MISSING, else LOG_UNAVAILABLE; errors of ours as they are. */
export function logUnavailable(error: unknown): MmmError {
  if (clientErrorFacts(error).type !== 'UNKNOWN_TOPIC_OR_PARTITION') return transactionError(error, false);
  return new MmmError('TOPIC_MISSING', undefined, { cause: error });
}
