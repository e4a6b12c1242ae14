import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { publicKeyFrom, type SigningKey, verifySignature } from '../../adapters/keys/ed25519-signer.ts';
import type { ReceiptTrust } from '../../admin/queries/verify-receipt.ts';
import { TOPIC_NAMES, type TopicName } from '../../generated/topics.ts';
import { KID_PATTERN } from '../../domain/receipt/signature.ts';
import { MmmError } from '../../errors.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import type { GivenReceipt } from '../../replay/verify/verify-receipts.ts';
import type { Config } from '../../runtime/config.ts';
import { openCommandLog } from './command-log.ts';
import { signingKeyOf } from './signing-key.ts';

export const RECEIPTS_TOPIC: TopicName = 'mmm.receipts';

/** The configured key; unlike the engine's start, looking never makes one. Throws SIGNING_KEY_*. */
export const existingSigningKey = (config: Config): SigningKey => {
  const { backend, dataDir, signing } = config;
  if (backend === 'embedded' && signing.keyFile === null && !existsSync(join(dataDir, 'signing-key.pem')))
    throw new MmmError('SIGNING_KEY_MISSING', `no engine has run on ${dataDir} yet, so it has no signing key`);
  return signingKeyOf(config);
};

/** Which keys count: those of `files` (`<kid>.pem`, or `kid=file`), else the configured signing key's. Throws USAGE, SIGNING_KEY_*. */
export const trustOf = async (config: () => Config, files: readonly string[]): Promise<ReceiptTrust> => {
  const keys = new Map<string, string>();
  for (const given of files) {
    const named = /^([A-Za-z0-9._-]+)=(.+)$/.exec(given);
    const file = named?.[2] ?? given;
    const kid = named?.[1] ?? basename(file).replace(/\.(pem|pub)$/, '');
    if (!KID_PATTERN.test(kid))
      throw new MmmError('USAGE', `--public-key ${given}: ${kid} is no key id; give kid=file`);
    const pem = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw new MmmError('USAGE', `--public-key ${file} can not be read (${error.code ?? 'error'})`);
    });
    keys.set(kid, publicKeyFrom(pem, file));
  }
  if (files.length === 0) {
    const own = existingSigningKey(config());
    keys.set(own.kid, own.publicKeyPem);
  }
  return { publicKeyOf: (kid) => keys.get(kid), verify: verifySignature };
};

/** Every receipt of a file: JSON lines, or one receipt as JSON over several lines. Empty lines do not count. Throws USAGE. */
export async function* receiptsOfFile(lines: AsyncIterable<Uint8Array>): AsyncGenerator<GivenReceipt> {
  let number = 0;
  let opening: Uint8Array[] | null = null;
  for await (const line of lines) {
    number += 1;
    if (opening !== null) opening.push(line);
    else if (number === 1 && isOpening(line)) opening = [line];
    else if (line.length > 0) yield { at: `line ${number}`, bytes: line };
  }
  if (opening !== null) {
    const whole = Buffer.concat(opening.flatMap((line) => [line, Buffer.from('\n')]));
    yield { at: 'line 1', bytes: whole.subarray(0, -1) };
  }
}

/** Pretty-printed JSON begins with a bracket alone. */
const isOpening = (line: Uint8Array): boolean => Buffer.from(line).toString('latin1').trim() === '{';

/** Every receipt of topic mmm.receipts, as it stands now. */
export async function* receiptsOfTopic(
  config: Config,
  logger: Logger,
  signal: AbortSignal,
): AsyncGenerator<GivenReceipt> {
  const log = await openCommandLog(config, logger);
  const held: GivenReceipt[] = [];
  let wake: () => void = () => undefined;
  let drained: () => void = () => undefined;
  // An object: what a callback changes is more than the compiler follows.
  const state = { isDone: false };
  const reading = log.reader
    .read(RECEIPTS_TOPIC, { from: 'earliest', follow: false, signal }, async ({ lane, position, value }) => {
      held.push({ at: `${lane}:${position}`, bytes: value ?? new Uint8Array() });
      wake();
      // The reader must not run ahead of who judges: a topic may be larger than the memory.
      if (held.length >= HELD_MAX) await new Promise<void>((resolve) => (drained = resolve));
    })
    .finally(() => {
      state.isDone = true;
      wake();
    });
  reading.catch(() => undefined);
  try {
    for (;;) {
      const next = held.splice(0);
      drained();
      yield* next;
      if (held.length > 0) continue;
      if (state.isDone) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (held.length > 0 || state.isDone) resolve();
      });
    }
    await reading;
  } finally {
    drained();
    await log.close();
  }
}

/** Some MB of receipts. */
const HELD_MAX = 2_000;

export const isTopicName = (text: string): boolean => TOPIC_NAMES.some((name) => name === text);
