import { createHash } from 'node:crypto';
import { uuidIds } from '../../adapters/ids/uuid-ids.ts';
import { PostgresReceiptEvidence } from '../../adapters/postgres/postgres-receipt-evidence.ts';
import {
  localEarlierSchemas,
  registryEarlierSchemas,
  withEarlierSchemas,
} from '../../adapters/registry/released-codec.ts';
import { RegistryClient } from '../../adapters/registry/registry-client.ts';
import type { ReceiptTrust } from '../../admin/queries/verify-receipt.ts';
import { MmmError } from '../../errors.ts';
import type { ReleasedCodec } from '../../pipeline/ports/codec.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import { EvidenceCache } from '../../replay/verify/evidence-cache.ts';
import { PUBLISHED_TOPICS, PublishedCheck } from '../../replay/verify/published.ts';
import type { VerifyDeps } from '../../replay/verify/verify-decision.ts';
import {
  type GivenReceipt,
  type JudgedReceipt,
  type ReceiptFilter,
  verifyReceipts,
} from '../../replay/verify/verify-receipts.ts';
import type { Difference } from '../../replay/verify/verdict.ts';
import type { Config } from '../../runtime/config.ts';
import { openCodec } from './changing-store.ts';
import { openCommandLog, openDecoder } from './command-log.ts';
import { embeddedDataExists } from './command-migrations.ts';
import { recordedDeps } from './recorded.ts';
import { openStore, type Store } from './store.ts';

/** `auto`: with a database if one can be reached. */
export type VerifyMode = 'auto' | 'reexecute' | 'signature_only';

/** The journal of an actor is read once for the receipts of one piece at least; some 5 KB a receipt. */
const PIECE = 200;

interface Reexecution {
  readonly deps: VerifyDeps;
  readonly codec: ReleasedCodec;
  close(): Promise<void>;
}

const releasedCodecOf = async (config: Config): Promise<ReleasedCodec> => {
  const codec = await openCodec(config);
  const { distributed, namespace } = config;
  if (distributed === null) return withEarlierSchemas(codec, '', localEarlierSchemas());
  const client = new RegistryClient(distributed.registryUrl);
  return withEarlierSchemas(codec, namespace, await registryEarlierSchemas(client, namespace));
};

/** What re-execution works with: readers and the pure core. Nothing in it can send, publish or write. */
export const reexecutionOf = (
  store: Pick<Store, 'api' | 'pipeline'>,
  codec: ReleasedCodec,
  nowMs: number,
): VerifyDeps => ({
  evidence: new EvidenceCache(new PostgresReceiptEvidence(store), uuidIds),
  ids: uuidIds,
  codec,
  compile: recordedDeps(store).compile,
  nowMs,
});

const openReexecution = async (config: Config, logger: Logger): Promise<Reexecution> => {
  // Looking makes nothing: without this, a folder with nothing in it would get a database.
  if (config.distributed === null && !embeddedDataExists(config))
    throw new MmmError('DATABASE_UNAVAILABLE', `no engine has run on ${config.dataDir} yet`);
  const codec = await releasedCodecOf(config);
  const store = await openStore(config, logger, 'command');
  return { deps: reexecutionOf(store, codec, Date.now()), codec, close: () => store.close() };
};

export interface Verification {
  /** Why there is no re-execution though it was not forbidden; null otherwise. */
  readonly note: string | null;
  readonly isReexecuting: boolean;
  /** Judges receipts as they come, some hundred at a time. */
  judge(given: AsyncIterable<GivenReceipt>, onJudged: (judged: JudgedReceipt) => void): Promise<void>;
  /** After `judge`: what was published against what was verified. */
  judgePublished(
    signal: AbortSignal,
    onDifference: (at: string, difference: Difference) => void,
  ): Promise<{ readonly compared: number; readonly notFound: number }>;
  close(): Promise<void>;
}

/** `config` is asked for only where it is needed: with a public key and a file nothing of an installation is. Throws what the adapters throw. */
export const openVerification = async (options: {
  readonly config: () => Config;
  readonly logger: Logger;
  readonly trust: ReceiptTrust;
  readonly filter: ReceiptFilter;
  readonly mode: VerifyMode;
  readonly withPublished: boolean;
}): Promise<Verification> => {
  const { config, logger, trust, filter, mode } = options;
  const { reexecution, note } = await opened(options);
  const published =
    options.withPublished && reexecution !== null
      ? new PublishedCheck(reexecution.codec, openDecoder(config()), (bytes) =>
          createHash('sha256').update(bytes).digest('hex'),
        )
      : null;
  const deps =
    reexecution === null || published === null
      ? (reexecution?.deps ?? null)
      : { ...reexecution.deps, onRemade: published.add.bind(published) };
  const all = {
    ...{ trust, filter },
    reexecute: deps,
    why: mode === 'signature_only' ? ('not_asked' as const) : ('no_database' as const),
    sha256: uuidIds.sha256,
  };
  return {
    note,
    isReexecuting: deps !== null,
    judge: async (given, onJudged) => {
      let piece: GivenReceipt[] = [];
      const flush = async (): Promise<void> => {
        for (const judged of await verifyReceipts(all, piece)) onJudged(judged);
        piece = [];
      };
      for await (const one of given) {
        piece.push(one);
        if (piece.length >= PIECE) await flush();
      }
      await flush();
    },
    judgePublished: async (signal, onDifference) => {
      if (published === null) return { compared: 0, notFound: 0 };
      const log = await openCommandLog(config(), logger);
      try {
        for (const topic of PUBLISHED_TOPICS) {
          await log.reader.read(topic, { from: 'earliest', follow: false, signal }, async (record) => {
            const difference = await published.difference(topic, record);
            if (difference !== null) onDifference(`${topic} ${record.lane}:${record.position}`, difference);
          });
        }
      } finally {
        await log.close();
      }
      return published.counts();
    },
    close: async () => await reexecution?.close(),
  };
};

const opened = async ({
  config,
  logger,
  mode,
}: {
  readonly config: () => Config;
  readonly logger: Logger;
  readonly mode: VerifyMode;
}): Promise<{ readonly reexecution: Reexecution | null; readonly note: string | null }> => {
  if (mode === 'signature_only') return { reexecution: null, note: null };
  try {
    return { reexecution: await openReexecution(config(), logger), note: null };
  } catch (error) {
    if (mode === 'reexecute' || !(error instanceof MmmError)) throw error;
    return { reexecution: null, note: `${error.code}: ${error.message}` };
  }
};
