import { type Command, InvalidArgumentError } from 'commander';
import { setCursor } from '../../admin/commands/set-cursor.ts';
import type { ShardReport } from '../../admin/queries/judge-shard.ts';
import { ERRORS } from '../../errors.ts';
import { loadConfig } from '../../runtime/config.ts';
import { openOutboxTool, type OutboxTool } from '../composition/outbox-tool.ts';
import type { CliCommand, CliIo } from './command.ts';
import { parseCount } from './consume.ts';
import { operatorName } from './operator.ts';
import { SILENT_LOGGER } from './silent-logger.ts';

const withTool = async (work: (tool: OutboxTool) => Promise<void>): Promise<void> => {
  const tool = await openOutboxTool(loadConfig(), SILENT_LOGGER);
  try {
    await work(tool);
  } finally {
    await tool.close();
  }
};

const asJson = (report: ShardReport, tail: bigint | null | undefined): object => ({
  shard: report.shard,
  epoch: report.epoch.toString(),
  next_number: report.nextNumber.toString(),
  published_upto: report.publishedUpto.toString(),
  cursor: report.cursor?.toString() ?? null,
  unpublished: report.unpublished.toString(),
  timeline_moved: report.timelineMoved,
  fault: report.fault,
  ...(tail === undefined ? {} : { tail_highest: tail === null ? null : tail.toString() }),
});

const COLUMNS = ['shard', 'epoch', 'next number', 'published up to', 'cursor', 'unpublished'];

const row = (cells: readonly string[]): string => cells.map((cell) => cell.padStart(15)).join(' ');

const cellsOf = ({ shard, epoch, nextNumber, publishedUpto, cursor, unpublished }: ShardReport): string[] =>
  [shard, epoch, nextNumber, publishedUpto < 0n ? 'never' : publishedUpto, cursor ?? 'none', unpublished].map(String);

const explain = (report: ShardReport): string => {
  const { shard, fault, timelineMoved, unpublished } = report;
  if (fault !== null)
    return `  shard ${shard}: ${fault}: ${ERRORS[fault].meaning}\n      to mend it: ${ERRORS[fault].remedy}`;
  if (timelineMoved) return `  shard ${shard}: PostgreSQL has a new timeline; its next session compares and goes on`;
  return unpublished > 0n
    ? `  shard ${shard}: ${unpublished} rows wait; they go out when an engine runs the shard`
    : '';
};

const status = async (io: CliIo, options: { tail?: true; depth: number }): Promise<void> => {
  await withTool(async (tool) => {
    const reports = await tool.reports();
    const tail = options.tail === true ? await tool.tail(options.depth) : null;
    const highestOf = (shard: number): bigint | null | undefined =>
      tail === null ? undefined : (tail.get(shard) ?? null);
    if (io.json) return io.out(JSON.stringify({ shards: reports.map((one) => asJson(one, highestOf(one.shard))) }));
    if (reports.length === 0) return io.out('No shard has had a session or a record yet.');
    io.out(row([...COLUMNS, ...(tail === null ? [] : ['tail of outputs'])]));
    for (const one of reports) {
      const seen = tail === null ? [] : [String(highestOf(one.shard) ?? 'not seen')];
      io.out(row([...cellsOf(one), ...seen]));
    }
    const remarks = reports.map(explain).filter((line) => line !== '');
    io.out(remarks.length === 0 ? 'Nothing waits and no shard is stopped.' : remarks.join('\n'));
    if (tail !== null)
      io.out(
        `Tail: the highest number in the last ${options.depth} records of each partition of each output; not seen: raise --depth.`,
      );
  });
};

interface CursorOptions {
  readonly shard: number;
  readonly to: bigint;
  readonly reason: string;
  readonly publishAgain?: boolean;
}

const move = async (io: CliIo, { shard, to, reason, publishAgain = false }: CursorOptions): Promise<void> => {
  await withTool(async (tool) => {
    const before = await setCursor(tool.cursors, { shard, to, reason, publishAgain, who: operatorName() });
    if (io.json) return io.out(JSON.stringify({ shard, from: before?.toString() ?? null, to: to.toString() }));
    io.out(
      `Shard ${shard}: cursor ${before ?? 'none'} -> ${to}. Its next session publishes from ${to + 1n} on; a stopped one looks within 15 s.`,
    );
    io.out('This is in mmm_audit, with your name and reason.');
  });
};

const parseNumber = (text: string): bigint => {
  if (!/^\d{1,18}$/.test(text)) throw new InvalidArgumentError('give a whole number');
  return BigInt(text);
};

const parseShard = (text: string): number => Number(parseNumber(text));

const parseReason = (text: string): string => {
  if (text.trim() === '' || text.length > 500) throw new InvalidArgumentError('say why, in 1 to 500 characters');
  return text;
};

const HELP = `
When a shard stands with OUTBOX_CURSOR_LOST:
  1. mmm outbox status --tail     the last column is the highest number that readers have got
  2. mmm outbox set-cursor --shard <n> --to <that number> --reason "..."
If the tail shows nothing although --depth reaches far back, or less than "published up to", use "published up to": numbers up to
there are known to be published. Too low a number sends records again, too high a number loses them.
Only when the log lost what it had confirmed (a hanging transaction that you aborted, an unclean leader election) give the tail also
when it is lower, with --publish-again: the rows above it go out again, as long as they are kept, which is a day.
It is refused while a session may run: stop every engine process first, unless the shard is stopped already.`;

export const outboxCommand: CliCommand = {
  name: 'outbox',
  summary: 'what waits to be published, and its repair',
  register: (program: Command, io: CliIo) => {
    const outbox = program.command('outbox').description(outboxCommand.summary);
    outbox
      .command('status')
      .description('per shard: numbers given, known to be published, committed, waiting; and why a shard is stopped')
      .option('--tail', 'also read the tails of the outputs for the highest number of each shard')
      .option('--depth <n>', 'how many records of each partition the tail is', parseCount, 1_000)
      .action(async (options: { tail?: true; depth: number }) => await status(io, options));
    outbox
      .command('set-cursor')
      .description('say where publishing of a shard goes on, after its cursor was lost; audited')
      .requiredOption('--shard <n>', 'the shard, which is a partition of mmm.signals', parseShard)
      .requiredOption('--to <n>', 'the highest number that is published; the next one goes out first', parseNumber)
      .requiredOption('--reason <text>', 'why, for the audit', parseReason)
      .option('--publish-again', 'the log lost records: --to may be below what is known to be published')
      .addHelpText('after', HELP)
      .action(async (options: CursorOptions) => await move(io, options));
  },
};
