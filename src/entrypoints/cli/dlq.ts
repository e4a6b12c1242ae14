import { type Command, InvalidArgumentError } from 'commander';
import type { CliCommand, CliIo } from './command.ts';
import { parseCount } from './consume.ts';
import { purge, type PurgeOptions, replay, type ReplayOptions } from './dlq-act.ts';
import { breakerRelease, breakerStatus, breakerTry, parseRelease } from './dlq-breaker.ts';
import { list } from './dlq-list.ts';
import { type FilterOptions, parseReason, withFilter } from './dlq-options.ts';
import { show } from './dlq-show.ts';

const DEFAULT_LISTED = 50;
const DEFAULT_SHOWN_BYTES = 4_096;
/** A tenth of what a small installation decides: what is live stays ahead of what is old. */
const DEFAULT_RATE = 50;
const HIGHEST_RATE = 5_000;

const parseRate = (text: string): number => {
  const rate = parseCount(text);
  if (rate > HIGHEST_RATE) throw new InvalidArgumentError(`give at most ${HIGHEST_RATE}`);
  return rate;
};

const REPLAY_HELP = `
Without --yes it only says what it would send. Each record goes to the topic it came from with its own bytes, key and headers, and with
mmm-replay-id and mmm-replay-of. It is decided now, for the first time: nothing is redelivered to people, and what is older than a
tenant's max_lateness never nudges. Twice is once: the same signal id is decided once, and a record whose producer gives no id keeps the
id of the place where it first stood. Letters that hold only length and digest are left.`;

const PURGE_HELP = `
Without --yes it only says what it would remove. A log is only cut at its head: everything up to the last chosen letter of a partition
goes. If letters that are not chosen stand before it, it is refused unless --all-before says that they may go too.`;

const BREAKER_HELP = `
It opens for one partition of one input topic when most senders there are refused at once with codes that a release, a schema or a rule
can cause. Nothing that shows it is written or acknowledged: mend the release and everything goes on by itself, nothing to replay.
It tries again every MMM_DLQ_BREAKER_REST_SECONDS. Is it the data after all, release it: then they become dead letters.`;

const addBreaker = (dlq: Command, io: CliIo): void => {
  const breaker = dlq
    .command('breaker')
    .description('partitions that are held back because a deploy looks bad')
    .addHelpText('after', BREAKER_HELP)
    .action(async () => await breakerStatus(io));
  breaker
    .command('try')
    .description('try now what is held back; audited')
    .argument('<topic:partition>')
    .action(async (lane: string) => await breakerTry(io, lane));
  breaker
    .command('release')
    .description('let everything through for a while; audited')
    .argument('<topic:partition>')
    .requiredOption('--reason <text>', 'why, for the audit', parseReason)
    .option('--for <time>', 'how long', parseRelease, 3_600_000)
    .action(async (lane: string, options: { for: number; reason: string }) => await breakerRelease(io, lane, options));
};

export const dlqCommand: CliCommand = {
  name: 'dlq',
  summary: 'dead letters: list, show, replay, purge, and the breaker that holds them back',
  register: (program: Command, io: CliIo) => {
    const dlq = program.command('dlq').description(dlqCommand.summary);
    withFilter(dlq.command('list'))
      .description('one line a refused record, newest first, and totals by code; nothing of a payload')
      .option('--last <n>', 'how many lines at most', parseCount, DEFAULT_LISTED)
      .option('--oldest', 'oldest first')
      .action(async (options: FilterOptions & { last: number; oldest?: true }) => await list(io, options));
    dlq
      .command('show')
      .description('one letter: what, where, how to mend it, its headers and its payload')
      .argument('<place>', 'topic:partition:offset of the refused record, or of the letter in mmm.dlq')
      .option('--bytes <n>', 'how much of the payload', parseCount, DEFAULT_SHOWN_BYTES)
      .action(async (place: string, options: { bytes: number }) => await show(io, place, options));
    withFilter(dlq.command('replay'))
      .description('put refused records in again at the topic they came from; audited')
      .argument('[places...]', 'only these, as topic:partition:offset')
      .option('--rate <n>', 'records a second', parseRate, DEFAULT_RATE)
      .option('--again', 'also what was replayed and has not come back')
      .option('--reason <text>', 'why, for the audit', parseReason)
      .option('--yes', 'send them')
      .addHelpText('after', REPLAY_HELP)
      .action(async (places: string[], options: ReplayOptions) => await replay(io, places, options));
    withFilter(dlq.command('purge'))
      .description('remove letters for good; audited')
      .argument('[places...]', 'up to these, as topic:partition:offset')
      .requiredOption('--reason <text>', 'why, for the audit', parseReason)
      .option('--all-before', 'also what is not chosen and stands before a chosen letter')
      .option('--yes', 'remove them')
      .addHelpText('after', PURGE_HELP)
      .action(async (places: string[], options: PurgeOptions) => await purge(io, places, options));
    addBreaker(dlq, io);
  },
};
