import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pidExists } from '../src/adapters/local-stack/process-identity.ts';
import { removeStack } from '../src/adapters/local-stack/stop-stack.ts';
import { FAULTS } from '../test/chaos/faults/all-faults.ts';
import { faultLines, harmsOf, reportText } from '../test/chaos/report.ts';
import { runChaos } from '../test/chaos/run-chaos.ts';
import { missingPrerequisite } from './support/prerequisites.ts';
import { ROOT } from './support/run.ts';

const USAGE = `Usage: npm run chaos -- [--minutes 5] [--seed N] [--only NAME[,NAME]] [--workers 2] [--rate 40] [--data FOLDER] [--json]
Real broker, Redis, PostgreSQL, registry and workers as processes, broken one after the other. Exit code 1 if an invariant broke.
With --data the servers stay up for the next run; mmm stack down --data FOLDER ends them.
With --only and no --minutes: each of these once, in this order. NAME may be the beginning of several names.
Faults:
${FAULTS.map(({ name, what, onlyByName }) => `  ${name.padEnd(24)} ${what}${onlyByName === true ? ' (only by name)' : ''}`).join('\n')}
`;

const FOLDER = join(ROOT, '.local', 'chaos');

const number = (text: string | undefined): number | null => (text === undefined ? null : Number(text));

/** Stops what killed runs have left. */
const removeLeftovers = async (): Promise<void> => {
  for (const name of await readdir(FOLDER).catch(() => [])) {
    if (await pidExists(Number(name))) continue;
    await removeStack(join(FOLDER, name));
    await rm(join(FOLDER, name), { recursive: true, force: true });
  }
};

/** Servers and workers are processes of their own: they would outlive this one. */
const cleanUpOnSignal = (dataDir: string | null): void => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void (dataDir === null ? Promise.resolve() : removeStack(dataDir)).finally(() => process.exit(130));
    });
  }
};

/** Returns the exit code. */
async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string' },
      seed: { type: 'string' },
      only: { type: 'string' },
      workers: { type: 'string' },
      rate: { type: 'string' },
      data: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const wanted = values.only?.split(',').map((name) => FAULTS.filter((fault) => fault.name.startsWith(name)));
  const minutes = number(values.minutes) ?? (values.only === undefined ? 5 : null);
  const seed = number(values.seed) ?? Math.floor(Math.random() * 1_000_000) + 1;
  const [workers, rate] = [number(values.workers) ?? 2, number(values.rate) ?? 40];
  const isWrong = [minutes ?? 1, rate].some((value) => !(value > 0)) || ![seed, workers].every(Number.isSafeInteger);
  if (values.help || isWrong || wanted?.some((found) => found.length === 0) === true) {
    process.stderr.write(USAGE);
    return values.help ? 0 : 2;
  }
  const missing = missingPrerequisite();
  if (missing !== undefined) {
    process.stderr.write(`${missing}\n`);
    return 1;
  }
  await removeLeftovers();
  const dataDir = values.data ?? join(FOLDER, String(process.pid));
  cleanUpOnSignal(values.data === undefined ? dataDir : null);
  process.stderr.write(`seed ${seed}\n`);
  const startedAt = performance.now();
  const outcome = await runChaos({
    seed,
    minutes,
    only: wanted?.flat() ?? null,
    workers,
    signalsPerSecond: rate,
    dataDir,
    keepServers: values.data !== undefined,
    tell: (line) =>
      void process.stderr.write(`${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s  ${line}\n`),
  });
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ ...outcome, faults: faultLines(outcome), harms: harmsOf(outcome) })}\n`
      : reportText(outcome),
  );
  return outcome.findings.length === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
