import { type Command, Option } from 'commander';
import { parseDurationMs } from '../../domain/playbook/duration.ts';
import { MmmError } from '../../errors.ts';
import { printable, printableJson } from '../../replay/try/printable.ts';
import { counted, emptyCounts, signatureOnlyIn, summaryLine, type VerifyCounts } from '../../replay/verify/tally.ts';
import type { Difference } from '../../replay/verify/verdict.ts';
import type { JudgedReceipt } from '../../replay/verify/verify-receipts.ts';
import { loadConfig } from '../../runtime/config.ts';
import {
  existingSigningKey,
  isTopicName,
  receiptsOfFile,
  receiptsOfTopic,
  RECEIPTS_TOPIC,
  trustOf,
} from '../composition/receipt-check.ts';
import { openVerification, type Verification } from '../composition/receipt-verification.ts';
import type { CliCommand, CliIo } from './command.ts';
import { interruptible } from './interruptible.ts';
import { openLines } from './lines.ts';
import { SILENT_LOGGER } from './silent-logger.ts';

interface VerifyOptions {
  readonly publicKey: readonly string[];
  readonly reexecute?: true;
  readonly signatureOnly?: true;
  readonly tenant?: string;
  readonly since?: string;
  readonly topics?: true;
  readonly all?: true;
}

interface Problem extends Difference {
  readonly at: string;
  readonly receipt_id: string | null;
  readonly kid: string | null;
  readonly fault: string | null;
}

/** `2026-03-01`, a date-time, or an age such as `7d`. */
const sinceMsOf = (text: string): number => {
  const age = parseDurationMs(text);
  const ms = age === null ? Date.parse(text) : Date.now() - age;
  if (Number.isNaN(ms))
    throw new MmmError('USAGE', `--since ${text}: give a date such as 2026-03-01, or an age such as 7d`);
  return ms;
};

const INDENT = '    ';
/** Digests in full: what is passed on must be comparable. */
const problemLines = ({ at, receipt_id, what, expected, found, meaning }: Problem): string[] => [
  `${at}: FAILED ${receipt_id ?? '(no receipt_id)'}: ${what}`,
  ...wrapped(meaning).map((line) => INDENT + line),
  ...(expected === null ? [] : [`${INDENT}expected ${expected}`]),
  ...(expected === null && found === null ? [] : [`${INDENT}found    ${found ?? '(nothing)'}`]),
];

const LINE_CHARS = 96;
const wrapped = (text: string): string[] => {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < LINE_CHARS) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
};

const judgedLine = ({ at, receiptId, kind, verdict }: JudgedReceipt): string => {
  const notes = verdict.status === 'failed' ? [] : verdict.notes;
  const status = verdict.status === 'verified' ? 'verified' : 'signature only';
  return `${at}: ${status} ${receiptId ?? ''} (${kind ?? 'no kind'})${notes.length === 0 ? '' : `: ${notes.join('; ')}`}`;
};

/** Collects what is told at the end, and tells what is told at once. */
class Teller {
  counts: VerifyCounts = emptyCounts;
  readonly problems: Problem[] = [];
  readonly #io: CliIo;
  readonly #all: boolean;

  constructor(io: CliIo, all: boolean) {
    this.#io = io;
    this.#all = all;
  }

  judged(one: JudgedReceipt): void {
    this.counts = counted(this.counts, one);
    const { verdict, at, receiptId, kid, fault } = one;
    if (verdict.status === 'failed') this.problem({ at, receipt_id: receiptId, kid, fault, ...verdict.difference });
    else if (this.#all && !this.#io.json) this.#io.out(printable(judgedLine(one)));
  }

  problem(problem: Problem): void {
    this.problems.push(problem);
    if (!this.#io.json) for (const line of problemLines(problem)) this.#io.out(printable(line));
  }
}

const modeOf = ({ reexecute, signatureOnly }: VerifyOptions): Parameters<typeof openVerification>[0]['mode'] =>
  signatureOnly === true ? 'signature_only' : reexecute === true ? 'reexecute' : 'auto';

const verify = async (io: CliIo, what: string, options: VerifyOptions): Promise<void> => {
  if (isTopicName(what) && what !== RECEIPTS_TOPIC)
    throw new MmmError('USAGE', `${what} holds no receipts; give a file or ${RECEIPTS_TOPIC}`);
  if (options.topics === true && options.signatureOnly === true)
    throw new MmmError('USAGE', '--topics compares with what is recomputed: leave --signature-only out');
  const sinceMs = options.since === undefined ? null : sinceMsOf(options.since);
  const verification = await openVerification({
    config: loadConfig,
    logger: SILENT_LOGGER,
    trust: await trustOf(loadConfig, options.publicKey),
    filter: { tenantId: options.tenant ?? null, sinceMs },
    mode: modeOf(options),
    withPublished: options.topics === true,
  });
  try {
    await interruptible(async (signal) => {
      await run(io, what, options, verification, signal);
    });
  } finally {
    await verification.close();
  }
};

const run = async (
  io: CliIo,
  what: string,
  options: VerifyOptions,
  verification: Verification,
  signal: AbortSignal,
): Promise<void> => {
  const teller = new Teller(io, options.all === true);
  if (verification.note !== null && !io.json) io.err(`Signatures only: ${verification.note}`);
  const given =
    what === RECEIPTS_TOPIC
      ? receiptsOfTopic(loadConfig(), SILENT_LOGGER, signal)
      : receiptsOfFile((await openLines(what)).lines());
  await verification.judge(given, (one) => teller.judged(one));
  const published =
    options.topics === true
      ? await verification.judgePublished(signal, (at, difference) =>
          teller.problem({ at, receipt_id: null, kid: null, fault: null, ...difference }),
        )
      : null;
  const { counts, problems } = teller;
  const interrupted = signal.aborted;
  if (io.json) {
    const signature_only = signatureOnlyIn(counts);
    const { receipts, verified } = counts;
    const good = receipts - counts.failed;
    const why = counts.signatureOnly;
    const all = { receipts, good, bad: counts.failed, verified, signature_only, why, failed: counts.failed };
    io.out(printableJson({ ...all, ...(published === null ? {} : { published }), interrupted, problems }));
  } else {
    io.out(`${summaryLine(counts)}${interrupted ? ' (interrupted: not all)' : ''}`);
    if (published !== null)
      io.out(
        `${published.compared} published records compared, ${published.notFound} not found: not out yet, or past the topics' retention`,
      );
  }
  if (problems.length > 0)
    throw new MmmError('RECEIPT_INVALID', undefined, {
      details: { receipts: counts.receipts, failed: problems.length, first: problems[0]!.what },
    });
};

const publicKey = (io: CliIo): void => {
  const { kid, publicKeyPem } = existingSigningKey(loadConfig());
  const file = `${kid}.pem`;
  if (io.json) return io.out(JSON.stringify({ kid, file, pem: publicKeyPem }));
  io.out(publicKeyPem.trimEnd());
  io.err(`Key id ${kid}. Save it in the trust store of the readers as: ${file}`);
};

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

const HELP = `
Checks the signature; then, with the database, every input that the decision
recorded (signal, what was read, rules, profile, journal) against its digest,
makes the decision again and compares receipt, trace, body, actions, deferrals
and what waits in the outbox, byte for byte. What differs is named, inputs
before results. Nothing is written.
Only the signature is checked of what retention or an erasure has taken: it is
counted apart, with the reason.
Exit code 1 if anything differs.`;

export const receiptsCommand: CliCommand = {
  name: 'receipts',
  summary: 'verify receipts, print the public key',
  register: (program: Command, io: CliIo) => {
    const receipts = program.command('receipts').description(receiptsCommand.summary);
    receipts
      .command('verify')
      .description('check every receipt: its signature, and its decision made again from what it read')
      .argument('<what>', `a file (one receipt, or one per line), - for standard input, or the topic ${RECEIPTS_TOPIC}`)
      .option(
        '--public-key <file>',
        "PEM of a signer, named <kid>.pem or given as kid=file; may be repeated; without it the configured key's",
        collect,
        [],
      )
      .option('--reexecute', 'fail if no database can be reached (default: signatures only, and say so)')
      .addOption(new Option('--signature-only', 'do not look into the database').conflicts('reexecute'))
      .option('--tenant <id>', 'receipts of this tenant only')
      .option('--since <date or age>', 'receipts from here on (2026-03-01, 7d, 12h)')
      .option('--topics', 'also compare what was published in mmm.decisions and mmm.delivery.*')
      .option('--all', 'a line for every receipt, not only for those that fail')
      .addHelpText('after', HELP)
      .action(async (what: string, options: VerifyOptions) => await verify(io, what, options));
    receipts
      .command('public-key')
      .description('print the PEM (SPKI) for the trust store, and the file name it needs there')
      .action(() => publicKey(io));
  },
};
