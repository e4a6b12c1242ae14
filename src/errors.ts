/**
 * The error catalogue: every code we raise, answer or dead-letter with, what it means, whether trying again can help, and how to mend it.
 * Retry code reads `retriable`, never a message (style 16). The README's table is compared with this object by a test.
 */
export interface ErrorEntry {
  readonly meaning: string;
  readonly retriable: boolean;
  readonly remedy: string;
}

const entry = (meaning: string, remedy: string, retriable = false): ErrorEntry => ({ meaning, remedy, retriable });

export const ERRORS = {
  // Bad input: dead letters of intake and item errors of POST /v1/mmm/signals.
  EMPTY_VALUE: entry('the record has a zero-length value', 'send the record with its JSON or Avro body'),
  NOT_JSON: entry(
    'the value is neither JSON nor Confluent-wire Avro',
    'send UTF-8 JSON, or Avro with magic byte 0 and a schema id',
  ),
  INVALID_UTF8: entry('the JSON text is not valid UTF-8', 'encode the body as UTF-8'),
  AVRO_MALFORMED: entry('the Avro body does not match its schema', 'encode with the schema the id names'),
  SCHEMA_ID_UNKNOWN: entry(
    'the registry does not know the schema id',
    'register the schema, then replay the dead letter',
  ),
  SCHEMA_VIOLATION: entry('a required field is missing or a field has the wrong type', 'mend the named field'),
  TENANT_MISSING: entry('tenant_id is missing or empty', 'set tenant_id'),
  ID_MISSING: entry("the producer's own id is missing", 'set the id field of this source'),
  TIME_MISSING: entry('the event time is missing or not a date-time', 'set an RFC 3339 date-time'),
  TIME_IN_FUTURE: entry('the event time is more than 10 minutes ahead', "mend the producer's clock"),
  ID_INVALID: entry('an id is over 255 characters or has control characters', 'shorten or clean the id'),
  RECORD_TOO_LARGE: entry('the record is over 1 MB', 'send references instead of content'),
  TOO_DEEP: entry('the JSON nests deeper than 16 levels', 'flatten the payload'),
  TOO_MANY_KEYS: entry('the record has more than 500 keys', 'send fewer keys'),
  KEY_TOO_LONG: entry('a key is over 128 characters', 'shorten the key'),
  KEY_FORBIDDEN: entry('a key is one of __proto__, constructor, prototype', 'rename the key'),
  STRING_TOO_LONG: entry('a string is over 8 KB', 'shorten the string or send a reference'),
  ARRAY_TOO_LONG: entry('an array has more than 1,000 items', 'send a count or a reference'),
  SECRET_FOUND: entry(
    'the payload holds something that looks like a credential',
    'remove it at the producer and revoke it',
  ),
  UNEXPECTED_FAILURE: entry(
    'processing this record alone failed repeatedly with a fault of ours',
    'report it; replay after the fix',
  ),
  OUTPUT_TOO_LARGE: entry('what would be published is over the size limit', 'shorten the playbook text'),
  DLQ_BREAKER_OPEN: entry(
    'most senders of a partition are refused at once: a release, a schema or a rule is at fault rather than their data',
    'look at `mmm dlq breaker`; mend the release or the schema and it goes on by itself, or `mmm dlq breaker release`',
  ),
  // Dependencies.
  REGISTRY_UNAVAILABLE: entry(
    'the schema registry does not answer, or refuses us',
    'wait, or mend SCHEMA_REGISTRY_URL',
    true,
  ),
  LOG_UNAVAILABLE: entry(
    'the log (Kafka) does not answer, or refuses us',
    'wait, or mend KAFKA_BOOTSTRAP_SERVERS, KAFKA_SSL*, KAFKA_SASL_* or our rights there',
    true,
  ),
  DATABASE_UNAVAILABLE: entry('PostgreSQL does not answer, or refuses us', 'wait, or mend DATABASE_URL', true),
  CACHE_UNAVAILABLE: entry(
    'Redis does not answer, or refuses us; states are folded from PostgreSQL, slower',
    'wait, or mend REDIS_URL',
    true,
  ),
  // Sessions.
  FENCED: entry('a newer owner of the partition exists', 'nothing: the newer owner goes on', true),
  IN_DOUBT: entry(
    'a commit was sent and its answer was lost',
    'nothing: the session restarts and reads what had won',
    true,
  ),
  EPOCH_STALE: entry('the shard has a newer epoch', 'nothing: the newer session goes on', true),
  OUTBOX_GAP: entry('an outbox number is missing', 'stop; look at mmm_outbox of the shard, restore the row'),
  OUTBOX_CURSOR_LOST: entry(
    'the outbox cursor is missing or below what is known to be published',
    'read the tail of the outputs (header mmm-outbox), then `mmm outbox set-cursor`',
  ),
  TRANSACTION_HANGING: entry(
    'the broker left a transaction of the shard without its end, so the cursor it tells may be older than what is out',
    'stop the engines; `kafka-transactions.sh find-hanging` and `abort`; `mmm outbox status --tail`, then `mmm outbox set-cursor --to <tail>`, with `--publish-again` if that is lower',
  ),
  DATABASE_WENT_BACK: entry(
    'the cursor is above the counter of the shard: PostgreSQL lost commits',
    'restore PostgreSQL to its latest state; the shard goes on by itself once the counter is past the cursor',
  ),
  DATABASE_NOT_DURABLE: entry('fsync or synchronous_commit is off', 'turn both on: exactly-once stands on them'),
  PARTITIONS_CHANGED: entry(
    'the partition count differs from the stored one',
    'give mmm.signals the stored number of partitions again; a change of it is a procedure of a later release',
  ),
  SCHEMA_TOO_NEW: entry(
    'the database schema lacks what this program uses: a newer release has taken it away',
    'run the newer release',
  ),
  SCHEMA_NOT_MIGRATED: entry('the database schema is older than this program', 'run `mmm migrate up`'),
  BROKER_TOO_OLD: entry('the brokers are older than Kafka 4.0', 'use Kafka 4.0 or later'),
  // Start.
  CONFIG_INVALID: entry('the environment is not valid', 'mend every variable the message lists'),
  SIGNING_KEY_MISSING: entry('no Ed25519 signing key', 'set MMM_SIGNING_KEY_FILE to a PKCS#8 PEM file'),
  SIGNING_KEY_INVALID: entry(
    'the signing key is not a PKCS#8 PEM Ed25519 key',
    'make one: openssl genpkey -algorithm ed25519',
  ),
  STACK_START_FAILED: entry('a local server did not start', 'read the log file the message names'),
  STACK_NOT_RUNNING: entry('no stack runs on this data folder', 'run `mmm stack up`'),
  PREREQUISITE_MISSING: entry('a program this command needs is not installed', 'install what the message names'),
  PORT_IN_USE: entry('the port is taken', 'set the variable the message names'),
  DATA_FOLDER_IN_USE: entry('another engine runs on this data folder', 'stop it, or set MMM_DATA_DIR'),
  USAGE: entry('the command line is not right', 'see --help'),
  NOT_A_REPOSITORY: entry('the path is not a git repository with commits', 'give the path of a repository'),
  REPOSITORY_EMPTY: entry('the git repository has no commits on HEAD', 'check out a branch that has commits'),
  REPOSITORY_UNREADABLE: entry(
    'git can not read this repository',
    'mend what git says (`git fsck` finds damage); a fresh clone often helps',
  ),
  TOPIC_MISSING: entry('a topic does not exist', 'run `mmm topics apply`'),
  TOPICS_DIFFER: entry(
    'the topics are not as topics.yaml says',
    'run `mmm topics apply`; a partition count is never changed by it',
  ),
  SCHEMAS_DIFFER: entry(
    'the registry is not as schemas/ says',
    'run `mmm schemas register`; an incompatible schema needs another version',
  ),
  // Definitions.
  PLAYBOOK_INVALID: entry('the playbook does not pass the lint', 'mend what the findings name'),
  SCENARIO_FAILED: entry('a scenario of a playbook did not go as it says', 'mend the playbook or the scenario'),
  EXPERIMENT_INVALID: entry(
    'the experiment is not valid, or not within its safe bounds',
    'mend what the findings name',
  ),
  EXPERIMENT_ON_HOLD: entry(
    'the units do not stand in the arms as the weights say',
    'find what assigns, loses or doubles units by arm; then `mmm experiments activate` or `deactivate`',
  ),
  TENANTS_FILE_INVALID: entry('the tenants file is not valid', 'mend what the findings name'),
  RECORDS_INVALID: entry('a line of the file is no record', 'mend the line the message names; nothing was sent'),
  INTERRUPTED: entry('the command was interrupted', 'give it again: what was done is not done twice'),
  RECEIPT_INVALID: entry(
    'a receipt, or what is stored of what it attests, is not what was signed',
    'what differs is named: a signature or a receipt field: get the original from its holder, --public-key names other signers; a stored input, rule or result: restore it from a backup and find who altered it; `decision (recomputed)`: verify with the release that decided',
  ),
  // Replay.
  REPLAY_NOT_APPROVED: entry(
    'the replay plan has no approval of a second person',
    'a second mmm_admin looks at it and gives `mmm replay approve`',
  ),
  REPLAY_SAME_PERSON: entry(
    'the replay plan was made and is approved by the same subject',
    'somebody else with the role mmm_admin approves it',
  ),
  REPLAY_EXPIRED: entry('the replay plan is older than 24 hours', 'make it anew with `mmm replay plan`'),
  REPLAY_GROUND_MOVED: entry(
    'what the replay plan counted is not there as it was',
    'look at what moved and make the plan anew; nothing more was sent',
  ),
  REPLAY_ALTERED: entry(
    'the stored replay plan or its approval is not what was signed',
    'find out who wrote to mmm_replay_plans; make a new plan',
  ),
  DOCTOR_FAILED: entry('something the engine needs is not as it should be', 'mend what the lines marked FAIL name'),
  // HTTP.
  UNAUTHORIZED: entry('the token is missing or not valid', 'send a valid bearer token'),
  FORBIDDEN: entry('the token does not allow this', 'use a token with the named scope or role'),
  RESOURCE_NOT_FOUND: entry('there is no such thing for this tenant', 'check the id'),
  CONFLICT: entry('the state of the thing does not allow this', 'read it again and decide anew'),
  VALIDATION_ERROR: entry('the request does not have the right shape', 'mend the named field'),
  BAD_REQUEST: entry('the request is not valid HTTP', 'mend the client'),
  METHOD_NOT_ALLOWED: entry('the path exists, but not with this method', 'use a method of the Allow header'),
  UNSUPPORTED_MEDIA_TYPE: entry('the body is not JSON by its content type', 'send Content-Type: application/json'),
  REQUEST_TIMEOUT: entry('the request did not arrive in time', 'send it again', true),
  PAYLOAD_TOO_LARGE: entry('the request body is over the limit', 'send less at once'),
  RATE_LIMIT_EXCEEDED: entry('too many requests', 'wait as Retry-After says', true),
  OVERLOADED: entry('too many rows wait to be published', 'wait as Retry-After says', true),
  DEPENDENCY_UNAVAILABLE: entry('something this route needs does not answer', 'wait as Retry-After says', true),
  INTERNAL_ERROR: entry('a fault of ours', 'report it with the request id'),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** An error with a code of the catalogue. `details` holds facts for a person, never payload, never a secret. */
export class MmmError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(
    code: ErrorCode,
    message?: string,
    options: { details?: Record<string, string | number | boolean>; cause?: unknown } = {},
  ) {
    super(message ?? ERRORS[code].meaning, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MmmError';
    this.code = code;
    this.details = options.details ?? {};
  }

  get retriable(): boolean {
    return ERRORS[this.code].retriable;
  }
}

/** True for errors whose catalogue entry says that trying again can help. Anything unknown is not retriable. */
export const isRetriable = (error: unknown): boolean => error instanceof MmmError && error.retriable;

const CAUSES_DEPTH = 5;

/**
 * What the runtime called the fault that an error comes from (ECONNREFUSED, SELF_SIGNED_CERT_IN_CHAIN), as a detail for a person; empty when none of
 * its causes has such a code. Codes only: the text of a foreign error may hold an address with its password.
 */
export const causeCode = (error: unknown): { readonly code?: string } => {
  let current = error;
  for (let depth = 0; depth < CAUSES_DEPTH && current instanceof Error; depth++) {
    const { code } = current as NodeJS.ErrnoException;
    if (typeof code === 'string' && /^[A-Z0-9_]+$/.test(code)) return { code };
    current = current.cause;
  }
  return {};
};
