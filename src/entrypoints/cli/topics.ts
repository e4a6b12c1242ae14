import type { Command } from 'commander';
import { createKafkaClients } from '../../adapters/kafka/connection.ts';
import { KafkaNames } from '../../adapters/kafka/names.ts';
import { KafkaTopicAdmin } from '../../adapters/kafka/topic-admin.ts';
import type { TopicStep } from '../../admin/commands/plan-topics.ts';
import { MmmError } from '../../errors.ts';
import { loadConfig } from '../../runtime/config.ts';
import type { CliCommand, CliIo } from './command.ts';
import { SILENT_LOGGER } from './silent-logger.ts';

/** Opens the admin connection of the configured cluster for the time of `work`. */
async function withAdmin(
  work: (admin: KafkaTopicAdmin) => Promise<readonly TopicStep[]>,
): Promise<readonly TopicStep[]> {
  const { distributed, namespace } = loadConfig();
  if (distributed === null) {
    throw new MmmError(
      'USAGE',
      'the embedded default has no Kafka topics; set MMM_BACKEND=distributed and its addresses',
    );
  }
  const clients = createKafkaClients({ ...distributed.kafka, clientId: 'mmm-cli' }, SILENT_LOGGER);
  const admin = new KafkaTopicAdmin(clients.patient, new KafkaNames(namespace));
  try {
    await admin.connect();
    await admin.assertBrokerVersions();
    return await work(admin);
  } finally {
    await admin.close();
  }
}

function sentence(step: TopicStep, done: boolean): string {
  switch (step.kind) {
    case 'ok':
      return 'as it should be';
    case 'foreign':
      return 'is there; it belongs to its owner and is left as it is';
    case 'create':
      return `${done ? 'created' : 'would be created'} with ${step.partitions} partitions`;
    case 'configure':
      return `${done ? 'set' : 'would be set'}: ${step.changed.join(', ')}`;
    case 'partitions-differ':
      return `has ${step.is} partitions, needs ${step.wanted}: \`mmm repartition\` changes that`;
  }
}

function print(io: CliIo, steps: readonly TopicStep[], done: boolean): void {
  if (io.json) io.out(JSON.stringify({ done, steps }));
  else for (const step of steps) io.out(`${step.topic.padEnd(28)} ${sentence(step, done)}`);
}

/** A dry run answers what is to be done; both end with an error when something is left that needs a person. */
async function apply(io: CliIo, dryRun: boolean): Promise<void> {
  const steps = await withAdmin(async (admin) => (dryRun ? admin.plan() : admin.apply()));
  print(io, steps, !dryRun);
  if (steps.some(({ kind }) => kind === 'partitions-differ')) throw new MmmError('TOPICS_DIFFER');
}

async function check(io: CliIo): Promise<void> {
  const steps = await withAdmin(async (admin) => admin.plan());
  print(io, steps, false);
  const differing = steps.filter(({ kind }) => kind !== 'ok' && kind !== 'foreign');
  if (differing.length > 0) throw new MmmError('TOPICS_DIFFER', undefined, { details: { topics: differing.length } });
}

export const topicsCommand: CliCommand = {
  name: 'topics',
  summary: 'create or check the topics',
  register: (program: Command, io: CliIo) => {
    const topics = program.command('topics').description(topicsCommand.summary);
    topics
      .command('apply')
      .description('create what is missing and set what differs; topics of others only if absent')
      .option('--dry-run', 'only say what would be done')
      .action(async (options: { dryRun?: boolean }) => apply(io, options.dryRun === true));
    topics
      .command('check')
      .description('compare the cluster with topics.yaml; exit code 1 when they differ')
      .action(async () => check(io));
  },
};
