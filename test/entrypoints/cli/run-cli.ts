import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { COMMANDS } from '../../../src/entrypoints/cli/commands.ts';
import { MmmError } from '../../../src/errors.ts';

export const MAIN = fileURLToPath(new URL('../../../src/entrypoints/cli/main.ts', import.meta.url));

export interface CliAnswer {
  /** As main.ts gives it: 0 ok, 1 failed, 2 wrong use. */
  readonly code: number;
  readonly out: readonly string[];
  /** The first line of `out` as JSON. */
  readonly json: Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any -- answers are of many shapes
  readonly error: string | null;
}

/** Runs one command in this process, as main.ts would: a process each would cost a second of every test. */
export const cli = async (...args: string[]): Promise<CliAnswer> => {
  const out: string[] = [];
  const io = { out: (line: string) => void out.push(line), err: () => undefined, json: args.includes('--json') };
  const program = new Command('mmm')
    .option('--json')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  const name = args[0] ?? '';
  (await COMMANDS[name]!.load()).register(program, io);
  for (const command of program.commands) command.exitOverride();
  let code = 0;
  let error: string | null = null;
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (thrown) {
    if (thrown instanceof CommanderError) code = thrown.exitCode === 0 ? 0 : 2;
    else if (thrown instanceof MmmError) {
      error = thrown.code;
      code = thrown.code === 'USAGE' ? 2 : 1;
    } else throw thrown;
  }
  const [first] = out;
  return { code, out, error, json: first?.startsWith('{') === true ? (JSON.parse(first) as CliAnswer['json']) : {} };
};

export const freePort = async (): Promise<number> => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

/** `mmm serve` as a process of its own; resolves when it says that it runs. */
export const startServe = async (): Promise<{ stop(): Promise<void> }> => {
  const child: ChildProcess = spawn(process.execPath, [MAIN, 'serve'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const look = (chunk: Buffer): void => {
      said += chunk.toString();
      if (/MMM Engine runs|mmm-engine runs/.test(said)) resolve();
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    child.once('exit', (code) => reject(new Error(`serve ended with ${String(code)}: ${said}`)));
  });
  return {
    stop: async () => {
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
};

/** Asks again until the answer is there: the condition is the event awaited. */
export const until = async <T>(ask: () => Promise<T>, fits: (answer: T) => boolean, limitMs = 60_000): Promise<T> => {
  const end = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
};

/** A commit so large that a starter playbook has something to say. */
export const largeCommit = (id: string, actor: string): string =>
  JSON.stringify({
    signal_id: id,
    tenant_id: 'demo',
    actor_id: actor,
    signal_kind: 'event',
    signal_type: 'commit_pushed',
    occurred_at: new Date().toISOString(),
    ingested_at: new Date().toISOString(),
    producer_id: 'test',
    environment: 'dev',
    schema_version: '1.0.0',
    resource: { repository: 'org/demo' },
    payload: {
      files_changed: 31,
      source_files: 28,
      test_files: 0,
      generated_files: 1,
      insertions: 1840,
      deletions: 210,
      is_fix: false,
      is_revert: false,
    },
  });
