import { type Command, InvalidArgumentError } from 'commander';
import type { ReadFrom } from '../../admin/ports/topic-reader.ts';
import { type ShownRecord, showRecord } from '../../admin/queries/show-record.ts';
import { MmmError } from '../../errors.ts';
import { TOPICS } from '../../generated/topics.ts';
import { loadConfig } from '../../runtime/config.ts';
import { openCommandLog, openDecoder } from '../composition/command-log.ts';
import type { CliCommand, CliIo } from './command.ts';
import { interruptible } from './interruptible.ts';
import { SILENT_LOGGER } from './silent-logger.ts';
import { topicArgument } from './topic-argument.ts';

interface ConsumeOptions {
  readonly from?: ReadFrom;
  readonly follow?: true;
  readonly limit?: number;
}

/** A date-time with its zone: without one an operator in another place would be hours off and not see it. */
const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/;

export const parseFrom = (text: string): ReadFrom => {
  if (text === 'earliest' || text === 'latest') return text;
  const sinceMs = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(sinceMs))
    throw new InvalidArgumentError('give earliest, latest, a date (UTC) or a time with its zone: 2026-03-01T09:00:00Z');
  return { sinceMs };
};

export const parseCount = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('give a whole number above 0');
  return Number(text);
};

const pretty = (record: ShownRecord): string[] => {
  const { topic, partition, offset, timestamp, key, headers, error } = record;
  const value = record.value_text ?? (record.value_base64 === undefined ? undefined : `base64:${record.value_base64}`);
  const shown = value ?? (record.value === null ? '(tombstone)' : JSON.stringify(record.value, null, 2));
  return [
    `--- ${topic} ${partition}:${offset}  ${timestamp}  key ${key ?? '(none)'}`,
    ...Object.entries(headers).map(([name, header]) => `${name}: ${header}`),
    ...(error === undefined ? [] : [`(not decoded: ${error})`]),
    shown,
  ];
};

const consume = async (io: CliIo, topicText: string, options: ConsumeOptions): Promise<void> => {
  const topic = topicArgument(topicText);
  if (TOPICS[topic].format === 'none')
    throw new MmmError('USAGE', `${topic} holds no records; its committed offsets are shown by: mmm outbox status`);
  const config = loadConfig();
  const follow = options.follow === true;
  const decoder = openDecoder(config);
  const log = await openCommandLog(config, SILENT_LOGGER);
  let shown = 0;
  try {
    await interruptible(async (outer) => {
      const enough = new AbortController();
      const signal = AbortSignal.any([outer, enough.signal]);
      const from = options.from ?? (follow ? 'latest' : 'earliest');
      await log.reader.read(topic, { from, follow, signal }, async (record) => {
        const readable = await showRecord(decoder, record);
        if (signal.aborted) return;
        if (io.json) io.out(JSON.stringify(readable));
        else for (const line of pretty(readable)) io.out(line);
        shown += 1;
        if (shown >= (options.limit ?? Infinity)) enough.abort();
      });
    }, io.closed);
  } finally {
    await log.close();
  }
  if (!io.json) io.err(`${shown} records`);
};

const HELP = `
With --json each record is one line: {topic, partition, offset, timestamp, key, headers, value}. What can not be decoded has
value_text or value_base64 in place of value, and error says why; dead letters are always shown as they came.
Only committed records are shown. Without --follow it ends at the end of the topic; order holds within a partition.`;

export const consumeCommand: CliCommand = {
  name: 'consume',
  summary: 'show the records of a topic, decoded',
  register: (program: Command, io: CliIo) => {
    program
      .command('consume')
      .description(consumeCommand.summary)
      .argument('<topic>', 'a topic of topics.yaml')
      .option('--from <place>', 'earliest, latest, or a time; default earliest, with --follow latest', parseFrom)
      .option('--follow', 'wait for new records until Ctrl-C')
      .option('--limit <n>', 'end after this many records; default all', parseCount)
      .addHelpText('after', HELP)
      .action(async (topic: string, options: ConsumeOptions) => await consume(io, topic, options));
  },
};
