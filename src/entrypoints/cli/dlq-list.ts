import { type PiledLetter, totalsByCode } from '../../admin/dead-letters/pile.ts';
import { clipped, safeText } from '../../admin/dead-letters/safe-text.ts';
import { placeText } from '../../pipeline/replay-marks.ts';
import type { CliIo } from './command.ts';
import { counted, failIfInterrupted, filterOf, type FilterOptions, withTool } from './dlq-options.ts';

const DEFAULT_WIDTH = 100;
const TENANT_WIDTH = 12;
const MESSAGE_AT_LEAST = 24;
const GAP = '  ';

/** `11-25 22:10:03`, UTC: the year and the zone would cost each line more than they tell. */
const when = (ms: number): string => new Date(ms).toISOString().slice(5, 19).replace('T', ' ');

const remarks = ({ letter, copies, earlier, replayed }: PiledLetter): string[] => [
  ...(letter.withheld === null ? [] : [`${letter.withheld.bytes} bytes withheld`]),
  ...(copies > 1 ? [`${copies} copies`] : []),
  ...(earlier > 0 ? [`came back ${earlier}x`] : []),
  ...(replayed ? ['replayed'] : []),
];

/** Nothing of the payload: a list is pasted into tickets. */
const cells = (piled: PiledLetter): [string, string, string, string, string] => {
  const { letter } = piled;
  const marks = remarks(piled);
  return [
    when(letter.failedAtMs),
    placeText(letter.source),
    letter.code,
    clipped(letter.tenant ?? '-', TENANT_WIDTH),
    safeText(`${marks.length === 0 ? '' : `[${marks.join(', ')}] `}${letter.message}`),
  ];
};

export const listLines = (letters: readonly PiledLetter[], width: number): string[] => {
  const rows = letters.map(cells);
  const widths = [0, 1, 2, 3].map((at) => Math.max(0, ...rows.map((row) => [...(row[at] ?? '')].length)));
  const taken = widths.reduce((sum, one) => sum + one + GAP.length, 0);
  return rows.map((row) => {
    const [message = ''] = row.slice(4);
    const fixed = widths.map((one, at) => (row[at] ?? '').padEnd(one));
    return [...fixed, clipped(message, Math.max(MESSAGE_AT_LEAST, width - taken))].join(GAP);
  });
};

export const letterJson = (piled: PiledLetter): Record<string, unknown> => {
  const { letter, copies, earlier, replayed } = piled;
  return {
    source: placeText(letter.source),
    letter: placeText(letter.at),
    failed_at: new Date(letter.failedAtMs).toISOString(),
    record_time: letter.sourceTime,
    ...{ stage: letter.stage, code: letter.code, message: letter.message, tenant: letter.tenant },
    ...{ attempts: letter.attempts, version: letter.version, copies, earlier_letters: earlier, replayed },
    withheld: letter.withheld,
    replay_of: letter.replay === null ? null : placeText(letter.replay.of),
  };
};

const totalLines = (letters: readonly PiledLetter[], foreign: number): string[] => {
  const waiting = letters.filter(({ replayed }) => !replayed).length;
  const copies = letters.reduce((sum, one) => sum + one.copies - 1, 0);
  return [
    `${counted(letters.length, 'refused record')}: ${waiting} waiting, ${letters.length - waiting} replayed and not come back`,
    ...totalsByCode(letters).map(([code, count]) => `${String(count).padStart(8)}  ${code}`),
    ...(copies > 0
      ? [`${counted(copies, 'more copy', 'more copies')} of the same records (intake crashed): counted once`]
      : []),
    ...(foreign > 0 ? [`${counted(foreign, 'record')} of mmm.dlq are no letters of this engine`] : []),
  ];
};

export const list = async (
  io: CliIo,
  options: FilterOptions & { readonly last: number; readonly oldest?: true },
): Promise<void> => {
  await withTool(io, async (tool, signal) => {
    const { letters, foreign } = await tool.find(filterOf(options), signal);
    failIfInterrupted(signal, 'not all letters were read');
    const ordered = options.oldest === true ? letters.toReversed() : letters;
    const shown = ordered.slice(0, options.last);
    if (io.json) {
      const waiting = letters.filter(({ replayed }) => !replayed).length;
      const totals = { records: letters.length, waiting, by_code: Object.fromEntries(totalsByCode(letters)), foreign };
      return io.out(JSON.stringify({ letters: shown.map(letterJson), totals }));
    }
    for (const line of listLines(shown, process.stdout.columns ?? DEFAULT_WIDTH)) io.out(line);
    if (shown.length > 0) io.out('');
    if (shown.length < letters.length)
      io.out(
        `The ${shown.length} ${options.oldest === true ? 'oldest' : 'newest'} of ${letters.length} (--last ${letters.length} lists all; times are UTC).`,
      );
    for (const line of totalLines(letters, foreign)) io.out(line);
  });
};
