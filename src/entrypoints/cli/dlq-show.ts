import { identityOf, type Letter } from '../../admin/dead-letters/letter.ts';
import { payloadLines, safeText, textIn } from '../../admin/dead-letters/safe-text.ts';
import { ERRORS, MmmError } from '../../errors.ts';
import type { RawRecord } from '../../pipeline/ports/intake.ts';
import type { HeaderValue } from '../../pipeline/ports/records.ts';
import { placeText } from '../../pipeline/replay-marks.ts';
import type { CliIo } from './command.ts';
import { counted, failIfInterrupted, placeArgument, withTool } from './dlq-options.ts';

const bytesOf = (value: HeaderValue): Uint8Array => (typeof value === 'string' ? Buffer.from(value) : value);

/** Text as it is, anything else as base64: for the next program. */
const portable = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : (textIn(bytes) ?? `base64:${Buffer.from(bytes).toString('base64')}`);

const oneLine = (bytes: Uint8Array | null): string => (bytes === null ? '(none)' : safeText(portable(bytes) ?? ''));

const remedyOf = (code: string): string =>
  Object.entries(ERRORS).find(([name]) => name === code)?.[1].remedy ?? 'this release does not know the code';

const json = (letter: Letter, record: RawRecord, copies: readonly Letter[]): object => {
  const { value, key, headers } = record;
  return {
    source: placeText(letter.source),
    letter: placeText(letter.at),
    copies: copies.map(({ at }) => placeText(at)),
    ...{ code: letter.code, stage: letter.stage, message: letter.message, remedy: remedyOf(letter.code) },
    ...{ tenant: letter.tenant, attempts: letter.attempts, withheld: letter.withheld },
    failed_at: new Date(letter.failedAtMs).toISOString(),
    replay_of: letter.replay === null ? null : placeText(letter.replay.of),
    headers: Object.fromEntries(Object.entries(headers).map(([name, one]) => [name, portable(bytesOf(one))])),
    key: portable(key),
    ...(letter.withheld !== null ? {} : { value: portable(value), bytes: value?.byteLength ?? 0 }),
  };
};

const facts = (letter: Letter, copies: readonly Letter[]): string[] => {
  const row = (name: string, value: string): string => `${name.padEnd(11)} ${value}`;
  return [
    row('refused', `${placeText(letter.source)}, written ${safeText(letter.sourceTime)}`),
    row('letter', copies.map(({ at }) => placeText(at)).join(', ')),
    ...(copies.length > 1
      ? [row('', `${copies.length} copies of one: intake crashed before it could acknowledge`)]
      : []),
    row(
      'when',
      `${new Date(letter.failedAtMs).toISOString()} by release ${safeText(letter.version)}, stage ${safeText(letter.stage)}`,
    ),
    row('code', safeText(letter.code)),
    row('what', safeText(letter.message)),
    row('to mend it', remedyOf(letter.code)),
    row('tenant', letter.tenant === null ? '(can not be read)' : `${safeText(letter.tenant)} (as the record says)`),
    row('attempts', String(letter.attempts)),
    ...(letter.replay === null ? [] : [row('replay of', placeText(letter.replay.of))]),
  ];
};

const payload = (letter: Letter, { value }: RawRecord, limit: number): string[] => {
  if (letter.withheld !== null) {
    const { bytes, sha256 } = letter.withheld;
    return [
      `value       withheld: ${bytes} bytes, SHA-256 ${sha256}`,
      '            The record itself was not copied. It stands at its source for as long as that topic keeps it; it can not be replayed.',
    ];
  }
  if (value === null) return ['value       (none)'];
  return [
    `value       ${counted(value.byteLength, 'byte')}`,
    ...payloadLines(value, limit).map((line) => `  | ${line}`),
  ];
};

export const show = async (io: CliIo, text: string, options: { readonly bytes: number }): Promise<void> => {
  const place = placeArgument(text);
  const isMeant = (letter: Letter): boolean => text === placeText(letter.source) || text === placeText(letter.at);
  await withTool(io, async (tool, signal) => {
    let found = await tool.copies(isMeant, signal);
    failIfInterrupted(signal, 'not all letters were read');
    const newest = found.at(-1);
    if (newest === undefined)
      throw new MmmError('RESOURCE_NOT_FOUND', `there is no letter of ${placeText(place)} in mmm.dlq (any more)`);
    const [letter, record] = newest;
    // One place may stand for several records where a topic was made anew: the newest is shown.
    found = found.filter(([other]) => identityOf(other) === identityOf(letter));
    const copies = found.map(([other]) => other);
    if (io.json) return io.out(JSON.stringify(json(letter, record, copies)));
    for (const line of facts(letter, copies)) io.out(line);
    io.out('headers');
    for (const [name, value] of Object.entries(record.headers))
      io.out(`  ${safeText(name)}: ${oneLine(bytesOf(value))}`);
    if (letter.withheld === null) io.out(`key         ${oneLine(record.key)}`);
    for (const line of payload(letter, record, options.bytes)) io.out(line);
  });
};
