/**
 * Generates everything again from nothing in a scratch copy and compares it with the committed tree: a file that differs,
 * is missing, or that nothing generates any more fails. The working tree is only read, so the check may run at any time.
 */
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectFiles } from './support/project-files.ts';
import { ROOT, run } from './support/run.ts';

const GENERATED = 'src/generated';

function filesUnder(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), readFileSync(path, 'utf8')];
    }),
  );
}

function generateIn(scratch: string): string[] {
  for (const path of projectFiles().filter((each) => !each.startsWith(`${GENERATED}/`) && !each.startsWith('test/'))) {
    cpSync(join(ROOT, path), join(scratch, path), { recursive: true, preserveTimestamps: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(scratch, 'node_modules'));
  const generated = run(process.execPath, ['tools/generate.ts'], scratch);
  if (generated.status !== 0) return [`tools/generate.ts failed:\n${generated.out}`];
  const fresh = filesUnder(join(scratch, GENERATED));
  const committed = filesUnder(join(ROOT, GENERATED));
  return [...new Set([...fresh.keys(), ...committed.keys()])]
    .filter((path) => fresh.get(path) !== committed.get(path))
    .map((path) => {
      const what = !fresh.has(path)
        ? 'is not generated any more'
        : committed.has(path)
          ? 'is out of date'
          : 'is missing';
      return `${GENERATED}/${path} ${what}: run "npm run generate"`;
    });
}

const scratch = mkdtempSync(join(tmpdir(), 'mmm-generated-'));
try {
  const wrong = generateIn(scratch);
  for (const line of wrong) process.stderr.write(`${line}\n`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
