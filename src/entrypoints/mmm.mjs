#!/usr/bin/env node
// The one plain-JavaScript file: it has to run on Node 20 before anything is installed. It installs what is missing,
// goes on under the Node that package.json pins, and starts the command line there.
//
//   mmm.mjs <command> ...           src/entrypoints/cli/main.ts
//   mmm.mjs --tied ...              the same, ending with the process that started it (npm's scripts)
//   mmm.mjs --run <file> ...        a script of this package (npm's scripts use it; the file is relative to the package)
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants as fsConstants, existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import module from 'node:module';
import { constants as osConstants } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { isatty } from 'node:tty';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ownFile = fileURLToPath(import.meta.url);
const root = resolve(dirname(ownFile), '..', '..');
const lockFile = join(root, 'package-lock.json');
const installedFile = join(root, 'node_modules', '.package-lock.json');
const windows = process.platform === 'win32';
const pinnedNode = join(root, 'node_modules', 'node', 'bin', windows ? 'node.exe' : 'node');

/**
 * What Node has made of a source (types stripped, code compiled) is kept for the next start, which halves the time to load. Beside the packages: who may
 * write there could change the code itself, which is not so of the system's folder for temporary files. Where it can not be written there is none.
 */
process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules', '.cache', 'compile');

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Packages the lock file asks for and node_modules does not hold. Optional ones are left to npm: they depend on the machine. */
function isInstalled(withDevelopment) {
  if (!existsSync(installedFile) || !existsSync(pinnedNode)) return false;
  if (!existsSync(lockFile) || statSync(installedFile).mtimeMs >= statSync(lockFile).mtimeMs) return true;
  // npm writes both files in the same moment, and a checkout touches the lock file: only the content tells.
  const wanted = readJson(lockFile).packages;
  const present = readJson(installedFile).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const found = present[path];
    if (found !== undefined) return found.version === entry.version;
    return Boolean(entry.optional || entry.devOptional || entry.peer || (entry.dev && !withDevelopment));
  });
}

function install() {
  try {
    accessSync(root, fsConstants.W_OK);
  } catch {
    fail(
      `Dependencies are missing and can not be installed: ${root} is not writable. Run "npm ci" in a writable copy.`,
    );
  }
  process.stderr.write('Installing dependencies (npm ci), once; this takes about a minute ...\n');
  const npm = spawnSync('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    shell: windows,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (npm.error !== undefined) fail(`npm could not be started (${npm.error.code}). Is npm installed and on the PATH?`);
  if (npm.status === 0 && existsSync(pinnedNode)) return;
  // npm marks the tree as complete before its last scripts have run: without this the next start would trust half of it.
  rmSync(installedFile, { force: true });
  if (npm.status === 0) {
    fail('npm ci left out the pinned Node: install scripts seem to be switched off (npm config get ignore-scripts).');
  }
  process.stderr.write(`${npm.stdout}${npm.stderr}`);
  const how = npm.signal === null ? `exit code ${npm.status}` : npm.signal;
  fail(
    `Installing dependencies failed (npm ci, ${how}, output above). It needs the npm registry once, and space in ${root}.`,
  );
}

const PARENT_CHECK_MS = 250;

/** kill -9 of npm would leave an engine nobody sees, which holds the port and the data folder: it has to go as well. */
function endWithParent() {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
  }, PARENT_CHECK_MS).unref();
}

/** Already on the pinned Node: become the target, as if Node had been started with it. */
async function become(target, rest) {
  if (process.channel) {
    // The same for kill -9 of the launcher: its end of the channel closes with it.
    process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
    process.channel.unref();
  }
  // Has no effect where the process was started with the variable.
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  process.argv = [process.execPath, target, ...rest];
  await import(pathToFileURL(target).href);
}

/** On another Node: run this file again under the pinned one, and be transparent for signals and the exit code. */
function reExecute(args) {
  const child = spawn(pinnedNode, ['--disable-warning=ExperimentalWarning', ownFile, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal gives Ctrl-C to the whole group: passed on as well, it would look like a second, impatient one.
      if (signal === 'SIGINT' && isatty(0)) return;
      child.kill(signal);
    });
  }
  child.on('error', (error) => fail(`The pinned Node could not be started (${error.code}): ${pinnedNode}`));
  child.on('exit', (code, signal) => {
    process.exit(signal === null ? code : 128 + osConstants.signals[signal]);
  });
}

const isTied = process.argv[2] === '--tied';
const args = process.argv.slice(isTied ? 3 : 2);
const isScript = args[0] === '--run';
if (isScript && args[1] === undefined) fail('--run needs a file of this package.');
const target = isScript ? resolve(root, args[1]) : join(root, 'src', 'entrypoints', 'cli', 'main.ts');

if (isTied) endWithParent();
if (!isInstalled(isScript)) install();
if (process.version === `v${readJson(join(root, 'package.json')).dependencies.node}`) {
  await become(target, isScript ? args.slice(2) : args);
} else {
  reExecute(args);
}
