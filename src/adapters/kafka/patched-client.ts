import { createRequire } from 'node:module';
import { MmmError } from '../../errors.ts';

const EXPECTED_VERSION = '2.2.4';
const EXPECTED_PATCH = 1;
const PATCHED_FILES = [
  'kafkajs/src/consumer/filterAbortedMessages.js',
  'kafkajs/src/network/requestQueue/index.js',
  'kafkajs/src/cluster/index.js',
  'kafkajs/src/producer/eosManager/index.js',
  'kafkajs/src/producer/groupMessagesPerPartition.js',
  'kafkajs/src/protocol/requests/produce/v3/request.js',
  'kafkajs/src/protocol/requests/offsetFetch/index.js',
  'kafkajs/src/protocol/requests/addPartitionsToTxn/v0/response.js',
];

/** Loads a module of the client by its path: it has no `exports` map, and the pinned version keeps the paths. */
export const requireClient = createRequire(import.meta.url);

/**
 * Refuses a Kafka client without patches/kafkajs+2.2.4.patch. Unpatched it shows records of aborted transactions to `read_committed`
 * readers (G2) and gives up a transaction when a coordinator moves.
 * @throws MmmError PREREQUISITE_MISSING that names what is wrong.
 */
export function assertPatched(load: (id: string) => unknown = requireClient): void {
  const { version } = load('kafkajs/package.json') as { version: string };
  const unpatched = PATCHED_FILES.filter(
    (file) => (load(file) as { MMM_PATCH?: unknown }).MMM_PATCH !== EXPECTED_PATCH,
  );
  if (version === EXPECTED_VERSION && unpatched.length === 0) return;
  throw new MmmError(
    'PREREQUISITE_MISSING',
    `kafkajs must be exactly ${EXPECTED_VERSION} with patches/kafkajs+${EXPECTED_VERSION}.patch applied (npm ci in this folder)`,
    { details: { version, unpatched: unpatched.join(', ') } },
  );
}
