import type { Command } from 'commander';
import { prepareRecord, PUBLISHABLE, publishableTopic } from '../../admin/commands/prepare-record.ts';
import { MmmError } from '../../errors.ts';
import type { TopicName } from '../../generated/topics.ts';
import type { RecordWriter } from '../../pipeline/ports/intake.ts';
import type { OutputRecord } from '../../pipeline/ports/records.ts';
import { loadConfig } from '../../runtime/config.ts';
import { openCommandLog } from '../composition/command-log.ts';
import type { CliCommand, CliIo } from './command.ts';
import { interruptible } from './interruptible.ts';
import { openLines } from './lines.ts';
import { SILENT_LOGGER } from './silent-logger.ts';

const RECORDS_PER_SEND = 500;

interface PublishOptions {
  readonly envelope?: true;
  readonly dryRun?: true;
}

type Source = Awaited<ReturnType<typeof openLines>>;

async function* recordsOf(topic: TopicName, source: Source, envelope: boolean): AsyncGenerator<OutputRecord> {
  let number = 0;
  for await (const line of source.lines()) {
    number += 1;
    const record = prepareRecord(topic, line, `${source.name}, line ${number}`, envelope);
    if (record !== null) yield record;
  }
}

/** Answers how many went out; less than all of them when interrupted. */
const send = async (
  records: AsyncIterable<OutputRecord>,
  writer: RecordWriter,
  signal: AbortSignal,
): Promise<number> => {
  let sent = 0;
  let batch: OutputRecord[] = [];
  const flush = async (): Promise<void> => {
    await writer.append(batch);
    sent += batch.length;
    batch = [];
  };
  for await (const record of records) {
    if (signal.aborted) return sent;
    batch.push(record);
    if (batch.length >= RECORDS_PER_SEND) await flush();
  }
  await flush();
  return sent;
};

const publish = async (io: CliIo, topicText: string, file: string, options: PublishOptions): Promise<void> => {
  const topic = publishableTopic(topicText);
  const config = loadConfig();
  const source = await openLines(file);
  const envelope = options.envelope === true;
  let valid = 0;
  let keyless = 0;
  for await (const record of recordsOf(topic, source, envelope)) {
    valid += 1;
    if (record.key === null) keyless += 1;
  }
  let sent = 0;
  if (options.dryRun !== true && valid > 0) {
    const log = await openCommandLog(config, SILENT_LOGGER);
    try {
      sent = await interruptible((signal) => send(recordsOf(topic, source, envelope), log.writer, signal));
    } finally {
      await log.close();
    }
    if (sent < valid) throw new MmmError('INTERRUPTED', `interrupted: ${sent} of ${valid} records are in ${topic}`);
  }
  if (io.json) return io.out(JSON.stringify({ topic, valid, sent, without_key: keyless }));
  io.out(options.dryRun === true ? `${valid} records are valid; none was sent.` : `${sent} records sent to ${topic}.`);
  if (keyless > 0) io.out(`${keyless} of them have no key (no tenant_id): they are spread over the partitions.`);
};

const HELP = `
Each line is one JSON value, sent with the bytes of the line. Every line is checked before the first is sent.
The key is tenant_id, or tenant_id|actor_id where the topic takes any key. To say key and headers yourself, use
--envelope; then each line is
  {"key": "acme|dev1", "value": {...}, "headers": {"traceparent": "..."}}
with key and headers optional, key null for none, value null for a tombstone.
Sending the same file again is harmless: records with the producer's own id are decided once.

Topics: ${PUBLISHABLE.join(', ')}
(all others are written by the engine alone)`;

export const publishCommand: CliCommand = {
  name: 'publish',
  summary: 'put records into a topic',
  register: (program: Command, io: CliIo) => {
    program
      .command('publish')
      .description(publishCommand.summary)
      .argument('<topic>', 'an input topic')
      .argument('<file>', 'a file with one JSON value per line; - for standard input')
      .option('--envelope', 'lines hold key, value and headers')
      .option('--dry-run', 'only check the lines')
      .addHelpText('after', HELP)
      .action(async (topic: string, file: string, options: PublishOptions) => await publish(io, topic, file, options));
  },
};
