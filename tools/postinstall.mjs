// npm's own hook, in plain JavaScript because it runs on whatever Node npm was started with.
// npx links this folder into its cache and calls the hook before anything is installed here: failing then would leave
// that cache broken for good, and there is nothing to patch yet.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const patcher = fileURLToPath(new URL('../node_modules/patch-package/index.js', import.meta.url));
if (existsSync(patcher)) {
  const done = spawnSync(process.execPath, [patcher, '--error-on-fail'], { cwd: root, stdio: 'inherit' });
  process.exitCode = done.status ?? 1;
}
