import { fileURLToPath } from 'node:url';
import { writeOutputs } from './generate/outputs.ts';
import { recordOutputs } from './generate/record-outputs.ts';
import { loadSchemaFiles } from './generate/schema-files.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');
const files = loadSchemaFiles(root);
const own = new Set(
  ['signals', 'compose', 'decisions', 'delivery.ide', 'delivery.ci', 'delivery.alert', 'receipts', 'outcomes', 'admin_config'].map(
    (name) => `mmm.${name}-value`,
  ),
);
const changed = await writeOutputs(root, recordOutputs(files, own), check);
for (const path of changed) process.stdout.write(`${check ? 'out of date' : 'written'}: ${path}\n`);
if (check && changed.length > 0) process.exitCode = 1;
