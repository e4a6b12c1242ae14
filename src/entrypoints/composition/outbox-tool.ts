import { auditCursor, forgetPublished, shardRows } from '../../adapters/postgres/operations.ts';
import type { CursorStore } from '../../admin/commands/set-cursor.ts';
import type { TopicReader } from '../../admin/ports/topic-reader.ts';
import { judgeShard, parseOutboxHeader, type ShardReport } from '../../admin/queries/judge-shard.ts';
import { TOPIC_NAMES, TOPICS, type TopicName } from '../../generated/topics.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import type { Config } from '../../runtime/config.ts';
import { type CommandLog, openCommandLog } from './command-log.ts';
import { openStore, type Store } from './store.ts';

/** Topics that outbox rows go to. Dead letters have no number. */
const NUMBERED: readonly TopicName[] = TOPIC_NAMES.filter(
  (name) => (TOPICS[name].direction === 'out' && name !== 'mmm.dlq') || name === 'mmm.compose',
);

export interface OutboxTool {
  reports(): Promise<readonly ShardReport[]>;
  /** Highest number per shard in the last `depth` offsets of each partition of each output. */
  tail(depth: number): Promise<ReadonlyMap<number, bigint>>;
  readonly cursors: CursorStore;
  close(): Promise<void>;
}

/** Opens database and log. Throws what the adapters throw. */
export const openOutboxTool = async (config: Config, logger: Logger): Promise<OutboxTool> => {
  const store = await openStore(config, logger, 'command');
  try {
    const log = await openCommandLog(config, logger);
    return {
      reports: () => reportsOf(store, log),
      tail: (depth) => tailOf(log.reader, depth),
      cursors: cursorStore(store, log),
      close: async () => {
        await log.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
};

const reportsOf = async (store: Store, log: CommandLog): Promise<readonly ShardReport[]> => {
  const before = await shardRows(store.pipeline);
  const cursors = await log.cursors();
  const after = new Map((await shardRows(store.pipeline)).map((row) => [row.shard, row]));
  return before.map((row) => judgeShard(row, cursors.get(row.shard) ?? null, after.get(row.shard) ?? row));
};

const tailOf = async (reader: TopicReader, depth: number): Promise<ReadonlyMap<number, bigint>> => {
  const highest = new Map<number, bigint>();
  const { signal } = new AbortController();
  // Together: joining a group takes seconds on a broker with default settings.
  await Promise.all(
    NUMBERED.map((topic) =>
      reader.read(topic, { from: { last: depth }, follow: false, signal }, ({ headers }) => {
        const header = headers['mmm-outbox'];
        const seen = header === undefined ? null : parseOutboxHeader(Buffer.from(header).toString());
        if (seen !== null && seen.number > (highest.get(seen.shard) ?? -1n)) highest.set(seen.shard, seen.number);
      }),
    ),
  );
  return highest;
};

const cursorStore = (store: Store, log: CommandLog): CursorStore => ({
  report: async (shard) => (await reportsOf(store, log)).find((one) => one.shard === shard) ?? null,
  mayRun: () => log.engineRuns(),
  audit: (what, request, from) => auditCursor(store.api, what, request, from),
  forgetPublished: (shard, to) => forgetPublished(store.pipeline, shard, to),
  commit: async (shard, cursor) => {
    const output = await log.outputs.open(shard);
    try {
      await output.fence();
      await output.publish({ records: [], inputNext: null, cursor });
    } finally {
      await output.discard();
    }
  },
});
