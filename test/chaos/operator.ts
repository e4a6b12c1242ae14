import { kafkaTool } from '../infra/kafka-tools.ts';
import type { Site } from './site.ts';

interface ShardStatus {
  readonly shard: number;
  readonly published_upto: string;
  readonly cursor: string | null;
  readonly fault: string | null;
  readonly tail_highest: string | null;
}

/** The command line as an operator uses it, beside the running workers. */
const mmm = async (site: Site, args: readonly string[]): Promise<string> => {
  const command = site.installation.start({ args });
  const { code } = await command.exited;
  if (code !== 0) throw new Error(`mmm ${args.join(' ')} ended with ${String(code)}: ${command.rawLog.slice(-500)}`);
  return command.printed.join('\n');
};

const statusOf = async (site: Site): Promise<readonly ShardStatus[]> =>
  (
    JSON.parse(await mmm(site, ['--json', 'outbox', 'status', '--tail', '--depth', '100000'])) as {
      shards: ShardStatus[];
    }
  ).shards;

const setCursor = async (site: Site, shard: number, to: bigint, ...more: readonly string[]): Promise<void> => {
  const where = ['--shard', String(shard), '--to', to.toString()];
  await mmm(site, ['outbox', 'set-cursor', ...where, '--reason', 'chaos', ...more]);
};

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** What the help of `mmm outbox` says to do. */
export const mendCursors = async (site: Site, stopped: readonly number[]): Promise<void> => {
  const shards = await statusOf(site);
  for (const shard of stopped) {
    const status = shards.find((one) => one.shard === shard);
    if (status?.fault !== 'OUTBOX_CURSOR_LOST') throw new Error(`the status says nothing of shard ${shard}`);
    const known = BigInt(status.published_upto);
    await setCursor(site, shard, larger(BigInt(status.tail_highest ?? known), known));
  }
};

/** Topic, partition and first offset of each transaction that is open in a partition and under way nowhere. */
const hangingTransactions = async (site: Site): Promise<readonly (readonly string[])[]> => {
  const found = await kafkaTool('kafka-transactions', site.installation.brokers, [
    ...['find-hanging', '--broker-id', '1', '--max-transaction-timeout', '0'],
  ]);
  const [heading = [], ...rows] = found
    .trim()
    .split('\n')
    .map((line) => line.split('\t').map((cell) => cell.trim()));
  const places = ['Topic', 'Partition', 'StartOffset'].map((name) => heading.indexOf(name));
  return rows.map((row) => places.map((at) => row[at]!));
};

/**
 * Kafka may leave a transaction that it had confirmed without its markers when its only broker is killed: a coordinator that has just started takes a
 * partition that has no leader yet for a deleted one. Nobody reads past it. The way out that the README gives; false when there is none.
 */
export const mendHangingTransactions = async (site: Site): Promise<boolean> => {
  if ((await hangingTransactions(site)).length === 0) return false;
  site.offsets.excuse();
  await site.fleet.stopAll();
  // Sessions that ended in order have closed what was open only because they were at work.
  const hanging = await hangingTransactions(site);
  site.tell(`  Kafka left ${hanging.length} partitions with a hanging transaction: aborted, published again`);
  for (const [topic, partition, offset] of hanging) {
    await kafkaTool('kafka-transactions', site.installation.brokers, [
      ...['abort', '--topic', topic!, '--partition', partition!, '--start-offset', offset!],
    ]);
  }
  // What readers have got is what counts: a cursor that was to be committed with it may be gone, what was to be out with a cursor may be, and so may both,
  // although PostgreSQL was told that they are out.
  for (const { shard, cursor, fault, published_upto, tail_highest } of await statusOf(site)) {
    if (fault !== null || (tail_highest !== null && tail_highest !== cursor))
      await setCursor(site, shard, BigInt(tail_highest ?? published_upto), '--publish-again');
  }
  for (let n = 0; n < site.options.workers; n++) site.fleet.add();
  site.offsets.watch();
  return true;
};
