import { parseArgs } from 'node:util';
import { simulate } from '../test/sim/simulation.ts';
import type { Outcome } from '../test/sim/simulation.ts';
import type { Variant } from '../test/sim/cluster.ts';
import { VARIANTS } from '../test/sim/variants.ts';

const USAGE = `Usage: npm run sim -- [--seeds 1000] [--from 1]     many histories; exit code 1 if an invariant broke in one
       npm run sim -- --seed N                      one history, step by step
       npm run sim -- --variant NAME [...]          with a known fault in the code, which must be found
Variants: ${VARIANTS.map(({ name }) => name).join(', ')}
`;

const number = (text: string | undefined): number | null => (text === undefined ? null : Number(text));

function tell(outcome: Outcome): void {
  for (const { invariant, what } of outcome.findings)
    process.stdout.write(`seed ${outcome.seed}: ${invariant} ${what}\n`);
}

async function one(seed: number, variant: Variant | null): Promise<boolean> {
  const outcome = await simulate(seed, { variant, tell: (line) => process.stdout.write(`${line}\n`) });
  const { steps, virtualMs, digest, stopped } = outcome;
  process.stdout.write(
    `seed ${seed}: ${steps} steps, ${Math.round(virtualMs)} ms of virtual time, digest ${digest >>> 0}\n`,
  );
  for (const shard of stopped) process.stdout.write(`shard ${shard}: stopped as it must\n`);
  tell(outcome);
  return outcome.findings.length === 0;
}

async function many(from: number, count: number, variant: Variant | null): Promise<boolean> {
  const startedAt = performance.now();
  const total = { steps: 0, signals: 0, reports: 0, kills: 0, stopped: 0, restored: 0, virtualMs: 0 };
  const bad: number[] = [];
  for (let seed = from; seed < from + count; seed++) {
    const outcome = await simulate(seed, { variant });
    total.steps += outcome.steps;
    total.signals += outcome.signals;
    total.reports += outcome.reports;
    total.kills += outcome.kills;
    total.restored += outcome.restored;
    total.stopped += outcome.stopped.length;
    total.virtualMs += outcome.virtualMs;
    if (outcome.findings.length > 0) {
      bad.push(seed);
      tell(outcome);
    }
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  process.stdout.write(
    `${count} seeds in ${seconds.toFixed(1)} s (${(count / seconds).toFixed(1)} a second): ${total.steps} steps, ${total.signals} signals, ${total.reports} reports, ` +
      `${total.kills} processes ended, ${total.stopped} shards stopped as they must, ${total.restored} mended by a restore, ${Math.round(total.virtualMs / 60_000)} minutes of virtual time; ` +
      `${bad.length} seeds with findings\n`,
  );
  for (const seed of bad.slice(0, 5)) process.stdout.write(`see it step by step: npm run sim -- --seed ${seed}\n`);
  return bad.length === 0;
}

/** Returns the exit code. */
async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      seeds: { type: 'string' },
      from: { type: 'string' },
      seed: { type: 'string' },
      variant: { type: 'string' },
    },
  });
  const [seeds, from, seed] = [number(values.seeds) ?? 1_000, number(values.from) ?? 1, number(values.seed)];
  const variant = VARIANTS.find(({ name }) => name === values.variant) ?? null;
  const isWrong = [seeds, from, seed ?? 1].some((value) => !Number.isSafeInteger(value) || value < 1);
  if (isWrong || (values.variant !== undefined && variant === null)) {
    process.stderr.write(USAGE);
    return 2;
  }
  const passed = seed === null ? await many(from, seeds, variant) : await one(seed, variant);
  return passed ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
