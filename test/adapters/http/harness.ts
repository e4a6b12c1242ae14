import { randomUUID } from 'node:crypto';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { buildHttpApp, type HttpAppDeps } from '../../../src/adapters/http/http-server.ts';
import { localTokenKeys } from '../../../src/adapters/http/token-keys.ts';
import { createTokenVerifier } from '../../../src/adapters/http/verify-token.ts';
import { uuidIds } from '../../../src/adapters/ids/uuid-ids.ts';
import type { MemoryJournal } from '../../../src/adapters/memory/memory-journal.ts';
import { createSecretlintScanner } from '../../../src/adapters/secrets/secretlint-scanner.ts';
import type {
  DecisionCursor,
  DecisionFilter,
  DecisionOnFile,
  DecisionReader,
  ReceiptOnFile,
} from '../../../src/admin/ports/decision-reader.ts';
import type { ErrorBody } from '../../../src/adapters/http/error-reply.ts';
import { decideNow } from '../../../src/pipeline/decide/decide-now.ts';
import { createNormaliser } from '../../../src/pipeline/normalise/normalise-document.ts';
import { DecideHarness, NOON_MS, NOTICE_PUSH, quietLogger, rulesWith, TENANT } from '../../pipeline/harness.ts';

export const ISSUER = 'https://issuer.test';
export const AUDIENCE = 'mmm';
export const ALL_SCOPES = 'mmm.decide mmm.read mmm.outcome';

export const ed = await generateKeyPair('EdDSA', { extractable: true });
export const rsa = await generateKeyPair('RS256', { extractable: true });
export const keySet = {
  keys: [
    { ...(await exportJWK(ed.publicKey)), kid: 'ed', alg: 'EdDSA' },
    { ...(await exportJWK(rsa.publicKey)), kid: 'rsa', alg: 'RS256' },
  ],
};

/** A claim given as undefined is left out of the token. */
export type Claims = { [K in keyof JWTPayload]?: JWTPayload[K] | undefined };

export const claims = (overrides: Claims = {}): JWTPayload =>
  ({
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'dev1',
    tenant_id: TENANT,
    scope: ALL_SCOPES,
    exp: NOON_MS / 1_000 + 600,
    ...overrides,
  }) as JWTPayload;

export const tokenOf = (overrides: Claims = {}): Promise<string> =>
  new SignJWT(claims(overrides)).setProtectedHeader({ alg: 'EdDSA', kid: 'ed' }).sign(ed.privateKey);

type Stored = DecisionOnFile & ReceiptOnFile & { readonly tenantId: string };

/** Remembers what the in-memory journal commits, and reads it as PostgreSQL's reader does. */
export class MemoryDecisionReader implements DecisionReader {
  readonly stored: Stored[] = [];

  constructor(journal: MemoryJournal) {
    const commit = journal.commit.bind(journal);
    journal.commit = async (request) => {
      const answer = await commit(request);
      request.actors.forEach((actor, index) => {
        if (answer.actors[index]?.status !== 'committed') return;
        for (const row of actor.decisions) {
          this.stored.push({ ...row, ...actor.key, receipt: Buffer.from(row.receipt).toString('utf8') });
        }
      });
      return answer;
    };
  }

  decisions(tenantId: string, filter: DecisionFilter): Promise<readonly DecisionOnFile[]> {
    const newerFirst = (a: DecisionCursor, b: DecisionCursor): number =>
      b.decidedAtMs - a.decidedAtMs || (a.decisionId < b.decisionId ? 1 : -1);
    return Promise.resolve(
      this.stored
        .filter((one) => one.tenantId === tenantId && (filter.actorId === null || one.actorId === filter.actorId))
        .filter((one) => one.decidedAtMs >= (filter.fromMs ?? -Infinity) && one.decidedAtMs < (filter.toMs ?? Infinity))
        .filter(
          (one) =>
            filter.after === null || (one.decisionId !== filter.after.decisionId && newerFirst(filter.after, one) < 0),
        )
        .sort(newerFirst)
        .slice(0, filter.limit),
    );
  }

  decision(tenantId: string, decisionId: string): Promise<DecisionOnFile | null> {
    return Promise.resolve(
      this.stored.find((one) => one.tenantId === tenantId && one.decisionId === decisionId) ?? null,
    );
  }

  receipt(tenantId: string, receiptId: string): Promise<ReceiptOnFile | null> {
    return Promise.resolve(this.stored.find((one) => one.tenantId === tenantId && one.receiptId === receiptId) ?? null);
  }
}

export class HttpHarness {
  readonly engine: DecideHarness;
  readonly counted: string[] = [];
  readonly deps: HttpAppDeps;
  readonly reader: MemoryDecisionReader;
  #app: FastifyInstance | null = null;

  constructor(replace: Partial<HttpAppDeps> = {}) {
    this.engine = new DecideHarness(rulesWith([NOTICE_PUSH]));
    this.reader = new MemoryDecisionReader(this.engine.journal);
    const clock = { now: () => this.engine.now, monotonicMs: () => performance.now() };
    const { normalise } = createNormaliser({ ids: uuidIds, scanner: createSecretlintScanner() });
    this.deps = {
      version: '0.0.0',
      verifyToken: createTokenVerifier({
        keys: localTokenKeys(keySet),
        issuer: ISSUER,
        audience: AUDIENCE,
        logger: quietLogger,
        now: () => this.engine.now,
      }),
      ready: () => Promise.resolve(true),
      normalise,
      codec: this.engine.deps.codec,
      writer: this.engine.log,
      decideNow: (signal, budgetMs) =>
        decideNow({ ...this.engine.deps, metrics: this.deps.metrics, partitions: 2 }, signal, budgetMs + 10_000),
      reader: this.reader,
      ids: uuidIds,
      randomId: randomUUID,
      clock,
      logger: quietLogger,
      metrics: { ...this.engine.deps.metrics, records: (...labels) => void this.counted.push(labels.join(' ')) },
      ...replace,
    };
  }

  async app(): Promise<FastifyInstance> {
    this.#app ??= await buildHttpApp(this.deps);
    return this.#app;
  }

  async inject(options: InjectOptions): Promise<LightMyRequestResponse> {
    return (await this.app()).inject(options);
  }

  async get(url: string, token?: string): Promise<LightMyRequestResponse> {
    return this.inject({ method: 'GET', url, headers: { authorization: `Bearer ${token ?? (await tokenOf())}` } });
  }

  async post(
    url: string,
    payload: object,
    token?: string,
    headers: Record<string, string> = {},
  ): Promise<LightMyRequestResponse> {
    return this.inject({
      method: 'POST',
      url,
      payload,
      headers: { authorization: `Bearer ${token ?? (await tokenOf())}`, ...headers },
    });
  }

  signals(): { signal_id: string; tenant_id: string; actor_id: string | null }[] {
    return this.engine.log
      .read('mmm.signals')
      .map((record) => JSON.parse(Buffer.from(record.value!).toString()) as never);
  }
}

/** The one error shape, whole. */
export const errorOf = (reply: LightMyRequestResponse): ErrorBody['error'] => {
  const body = reply.json<ErrorBody>();
  const { code, message, retryable, request_id, timestamp } = body.error;
  if (reply.headers['content-type'] !== 'application/json; charset=utf-8') throw new Error('not JSON');
  if (typeof code !== 'string' || typeof message !== 'string' || typeof retryable !== 'boolean')
    throw new Error('wrong shape');
  if (request_id !== reply.headers['x-request-id'] || Number.isNaN(Date.parse(timestamp)))
    throw new Error('wrong shape');
  return body.error;
};

let sequence = 0;
export const envelope = (overrides: Record<string, unknown> = {}): Record<string, unknown> => ({
  signal_id: `s-${++sequence}`,
  tenant_id: TENANT,
  environment: 'dev',
  producer_id: 'git',
  actor_id: 'dev1',
  signal_kind: 'event',
  signal_type: 'push',
  occurred_at: new Date(NOON_MS).toISOString(),
  ingested_at: new Date(NOON_MS).toISOString(),
  resource: { repository: 'org/repo' },
  payload: { files_changed: 3 },
  schema_version: '1.0.0',
  ...overrides,
});
