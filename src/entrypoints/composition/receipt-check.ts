import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { publicKeyFrom, type SigningKey, verifySignature } from '../../adapters/keys/ed25519-signer.ts';
import { type ReceiptTrust, type ReceiptVerdict, verifyReceipt } from '../../admin/queries/verify-receipt.ts';
import { TOPIC_NAMES, type TopicName } from '../../generated/topics.ts';
import { KID_PATTERN } from '../../domain/receipt/signature.ts';
import { MmmError } from '../../errors.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import type { Config } from '../../runtime/config.ts';
import { openCommandLog } from './command-log.ts';
import { signingKeyOf } from './signing-key.ts';

export interface ReceiptPlace {
  /** `line 3`, or `0:17` in a topic. */
  readonly at: string;
  readonly verdict: ReceiptVerdict;
}

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

/** Judges every receipt of a file: JSON lines, or one receipt as JSON over several lines. Empty lines do not count. Throws USAGE. */
export const verifyFile = async (
  lines: AsyncIterable<Uint8Array>,
  trust: ReceiptTrust,
  onReceipt: (place: ReceiptPlace) => void,
): Promise<void> => {
  let number = 0;
  let opening: Uint8Array[] | null = null;
  for await (const line of lines) {
    number += 1;
    if (opening !== null) opening.push(line);
    else if (number === 1 && isOpening(line)) opening = [line];
    else if (line.length > 0) onReceipt({ at: `line ${number}`, verdict: verifyReceipt(line, trust) });
  }
  if (opening !== null) {
    const whole = Buffer.concat(opening.flatMap((line) => [line, Buffer.from('\n')]));
    onReceipt({ at: 'line 1', verdict: verifyReceipt(whole.subarray(0, -1), trust) });
  }
};

/** Pretty-printed JSON begins with a bracket alone. */
const isOpening = (line: Uint8Array): boolean => Buffer.from(line).toString('latin1').trim() === '{';

/** Judges every receipt of topic mmm.receipts, as it stands now. */
export const verifyTopic = async (
  config: Config,
  logger: Logger,
  trust: ReceiptTrust,
  signal: AbortSignal,
  onReceipt: (place: ReceiptPlace) => void,
): Promise<void> => {
  const log = await openCommandLog(config, logger);
  try {
    await log.reader.read(RECEIPTS_TOPIC, { from: 'earliest', follow: false, signal }, ({ lane, position, value }) => {
      onReceipt({ at: `${lane}:${position}`, verdict: verifyReceipt(value ?? new Uint8Array(), trust) });
    });
  } finally {
    await log.close();
  }
};

export const isTopicName = (text: string): boolean => TOPIC_NAMES.some((name) => name === text);
