import { InvalidArgumentError } from 'commander';
import { parseDurationMs } from '../../domain/playbook/duration.ts';
import { MmmError } from '../../errors.ts';
import { TOPICS } from '../../generated/topics.ts';
import { parsePlace } from '../../pipeline/replay-marks.ts';
import { loadConfig } from '../../runtime/config.ts';
import { type BreakerTool, openBreakerTool } from '../composition/breaker-tool.ts';
import type { CliIo } from './command.ts';
import { operatorName } from './operator.ts';
import { SILENT_LOGGER } from './silent-logger.ts';

const LONGEST_RELEASE_MS = 24 * 3_600_000;

export const parseRelease = (text: string): number => {
  const ms = parseDurationMs(text);
  if (ms === null || ms > LONGEST_RELEASE_MS)
    throw new InvalidArgumentError('give a length such as 30m or 2h, at most 24h');
  return ms;
};

/** `topic:partition`. Throws USAGE. */
const laneArgument = (text: string): { readonly channel: string; readonly lane: number } => {
  const place = parsePlace(`${text}:0`);
  if (place === null || TOPICS[place.topic].direction !== 'in')
    throw new MmmError('USAGE', `${text} is no partition of an input topic; give topic:partition`);
  return { channel: place.topic, lane: place.partition };
};

const withTool = async (work: (tool: BreakerTool) => Promise<void>): Promise<void> => {
  const tool = await openBreakerTool(loadConfig(), SILENT_LOGGER);
  try {
    await work(tool);
  } finally {
    await tool.close();
  }
};

const timeOf = (ms: number): string => new Date(ms).toISOString();

export const breakerStatus = async (io: CliIo): Promise<void> => {
  await withTool(async (tool) => {
    const now = Date.now();
    const rows = await tool.shown();
    const open = rows.filter(({ openedAtMs }) => openedAtMs !== null);
    const released = rows.filter(({ releasedUntilMs }) => (releasedUntilMs ?? 0) > now);
    if (io.json) {
      const lanes = open.map(({ channel, lane, openedAtMs, position, evidence }) => ({
        ...{ topic: channel, partition: lane, evidence },
        held_from: position?.toString() ?? null,
        opened_at: openedAtMs === null ? null : timeOf(openedAtMs),
      }));
      const free = released.map((one) => ({
        ...{ topic: one.channel, partition: one.lane },
        until: timeOf(one.releasedUntilMs ?? 0),
      }));
      return io.out(JSON.stringify({ open: lanes, released: free }));
    }
    if (open.length === 0) io.out('No breaker is open.');
    for (const { channel, lane, openedAtMs, position, evidence } of open) {
      const { refused, records, senders, failingSenders, codes } = (evidence ?? {}) as Record<string, unknown>;
      const said = Object.entries((codes ?? {}) as Record<string, number>).map(([code, count]) => `${count} ${code}`);
      io.out(
        `${channel}:${lane} is open since ${timeOf(openedAtMs ?? 0)} and holds back from offset ${String(position)} on`,
      );
      io.out(
        `    ${String(refused)} of ${String(records)} records refused, ${String(failingSenders)} of ${String(senders)} senders fail: ${said.join(', ')}`,
      );
    }
    for (const { channel, lane, releasedUntilMs } of released)
      io.out(`${channel}:${lane} lets everything through until ${timeOf(releasedUntilMs ?? 0)}`);
  });
};

export const breakerTry = async (io: CliIo, text: string): Promise<void> => {
  const place = laneArgument(text);
  await withTool(async (tool) => {
    await tool.command({ ...place, who: operatorName(), reason: null, wish: { tryNow: true } });
    if (io.json) return io.out(JSON.stringify({ topic: place.channel, partition: place.lane, trial: 'asked' }));
    io.out(`${text} is tried within 5 s by the engine that holds it. This is in mmm_audit, with your name.`);
  });
};

export const breakerRelease = async (
  io: CliIo,
  text: string,
  options: { readonly for: number; readonly reason: string },
): Promise<void> => {
  const place = laneArgument(text);
  const releasedUntilMs = Date.now() + options.for;
  await withTool(async (tool) => {
    await tool.command({ ...place, who: operatorName(), reason: options.reason, wish: { releasedUntilMs } });
    const until = timeOf(releasedUntilMs);
    if (io.json) return io.out(JSON.stringify({ topic: place.channel, partition: place.lane, released_until: until }));
    io.out(`${text} lets everything through until ${until}: what is refused becomes a dead letter.`);
    io.out('The engine hears of it within 5 s. This is in mmm_audit, with your name and reason.');
  });
};
