import type { Command } from 'commander';
import { RECEIPT_FAULTS } from '../../admin/queries/verify-receipt.ts';
import { MmmError } from '../../errors.ts';
import { loadConfig } from '../../runtime/config.ts';
import {
  existingSigningKey,
  isTopicName,
  type ReceiptPlace,
  RECEIPTS_TOPIC,
  trustOf,
  verifyFile,
  verifyTopic,
} from '../composition/receipt-check.ts';
import type { CliCommand, CliIo } from './command.ts';
import { interruptible } from './interruptible.ts';
import { openLines } from './lines.ts';
import { SILENT_LOGGER } from './silent-logger.ts';

const problemOf = ({ at, verdict: { receiptId, kid, fault } }: ReceiptPlace): object => ({
  at,
  receipt_id: receiptId,
  kid,
  fault,
});

const tell = (io: CliIo, place: ReceiptPlace): void => {
  const { receiptId, kid, fault } = place.verdict;
  if (fault === null || io.json) return;
  io.out(`${place.at}: BAD ${receiptId ?? '(no receipt_id)'}: ${fault}${kid === null ? '' : ` (kid ${kid})`}`);
  io.out(`    ${RECEIPT_FAULTS[fault]}`);
};

const verify = async (io: CliIo, what: string, keyFiles: readonly string[]): Promise<void> => {
  if (isTopicName(what) && what !== RECEIPTS_TOPIC)
    throw new MmmError('USAGE', `${what} holds no receipts; give a file or ${RECEIPTS_TOPIC}`);
  const trust = await trustOf(loadConfig, keyFiles);
  const bad: ReceiptPlace[] = [];
  let good = 0;
  const onReceipt = (place: ReceiptPlace): void => {
    if (place.verdict.fault === null) good += 1;
    else bad.push(place);
    tell(io, place);
  };
  let interrupted = false;
  if (what === RECEIPTS_TOPIC) {
    await interruptible(async (signal) => {
      await verifyTopic(loadConfig(), SILENT_LOGGER, trust, signal, onReceipt);
      interrupted = signal.aborted;
    });
  } else await verifyFile((await openLines(what)).lines(), trust, onReceipt);
  const counts = { receipts: good + bad.length, good, bad: bad.length };
  if (io.json) io.out(JSON.stringify({ ...counts, interrupted, problems: bad.map(problemOf) }));
  else
    io.out(
      `${counts.receipts} receipts: ${good} good, ${bad.length} bad${interrupted ? ' (interrupted: not all)' : ''}`,
    );
  if (bad.length > 0) throw new MmmError('RECEIPT_INVALID', undefined, { details: counts });
};

const publicKey = (io: CliIo): void => {
  const { kid, publicKeyPem } = existingSigningKey(loadConfig());
  const file = `${kid}.pem`;
  if (io.json) return io.out(JSON.stringify({ kid, file, pem: publicKeyPem }));
  io.out(publicKeyPem.trimEnd());
  io.err(`Key id ${kid}. Save it in the trust store of the readers as: ${file}`);
};

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

export const receiptsCommand: CliCommand = {
  name: 'receipts',
  summary: 'verify receipts, print the public key',
  register: (program: Command, io: CliIo) => {
    const receipts = program.command('receipts').description(receiptsCommand.summary);
    receipts
      .command('verify')
      .description('check the signature and the bytes of every receipt; exit code 1 if one is bad')
      .argument('<what>', `a file (one receipt, or one per line), - for standard input, or the topic ${RECEIPTS_TOPIC}`)
      .option(
        '--public-key <file>',
        "PEM of a signer, named <kid>.pem or given as kid=file; may be repeated; without it the configured key's",
        collect,
        [],
      )
      .action(
        async (what: string, options: { publicKey: readonly string[] }) => await verify(io, what, options.publicKey),
      );
    receipts
      .command('public-key')
      .description('print the PEM (SPKI) for the trust store, and the file name it needs there')
      .action(() => publicKey(io));
  },
};
