import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asyncapiOutput } from './asyncapi.ts';
import { eventTypesOutput, loadEventTypes } from './event-types.ts';
import type { Output } from './outputs.ts';
import { recordOutputs } from './record-outputs.ts';
import { LOCK_PATH, extendLock, lockFaults, lockOutput, parseLock } from './release-lock.ts';
import { loadSchemaFiles } from './schema-files.ts';
import { schemaOutputs } from './schema-outputs.ts';
import { topicOutput } from './topic-outputs.ts';
import { loadTopics } from './topics-file.ts';

/**
 * Everything that is generated, as text.
 * @throws Error when a source is not valid or a released schema was edited.
 */
export function allOutputs(root: string): readonly Output[] {
  const schemas = loadSchemaFiles(root);
  const topics = loadTopics(root, schemas);
  const released = parseLock(readFileSync(join(root, LOCK_PATH), 'utf8'));
  const faults = lockFaults(schemas, released);
  if (faults.length > 0) throw new Error(faults.join('\n'));
  const lock = extendLock(schemas, released);
  return [
    ...recordOutputs(schemas, topics),
    topicOutput(topics, schemas),
    ...schemaOutputs(schemas, lock),
    eventTypesOutput(loadEventTypes(root)),
    asyncapiOutput(topics, schemas),
    lockOutput(lock),
  ];
}
