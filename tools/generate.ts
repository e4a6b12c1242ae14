import { fileURLToPath } from 'node:url';
import { writeOutputs } from './generate/outputs.ts';
import { recordOutputs } from './generate/record-outputs.ts';
import { loadSchemaFiles } from './generate/schema-files.ts';
import { topicOutput } from './generate/topic-outputs.ts';
import { loadTopics } from './generate/topics-file.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');
const schemas = loadSchemaFiles(root);
const topics = loadTopics(root, schemas);
const outputs = [...recordOutputs(schemas, topics), topicOutput(topics, schemas)];
const changed = await writeOutputs(root, outputs, check);
for (const path of changed) process.stdout.write(`${check ? 'out of date' : 'written'}: ${path}\n`);
if (check && changed.length > 0) process.exitCode = 1;
