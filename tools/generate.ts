// Writes src/generated/, schemas/asyncapi.yaml and schemas/released.json. With --check it writes nothing and fails on a difference.
import { fileURLToPath } from 'node:url';
import { allOutputs } from './generate/all-outputs.ts';
import { writeOutputs } from './generate/outputs.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');
const changed = await writeOutputs(root, allOutputs(root), check);
for (const path of changed) process.stdout.write(`${check ? 'out of date' : 'written'}: ${path}\n`);
if (check && changed.length > 0) process.exitCode = 1;
