import { setTimeout as delay } from 'node:timers/promises';
import type { ApiName } from '../../infra/kafka-api-keys.ts';
import type { Fate } from '../../infra/kafka-fates.ts';
import { recovered } from '../recovery.ts';
import type { Fault } from './fault.ts';

const COMES_WITHIN_MS = 120_000;

type Mishap = Extract<Fate, 'lose-reply' | 'lose-request' | 'late-request'>;

const WHAT: Readonly<Record<Mishap, string>> = {
  'lose-reply': 'is done by the broker and its answer is lost',
  'lose-request': 'is lost on the way',
  'late-request': 'breaks the connection and arrives seconds later',
};

/** Requests that only a starting member or session sends. */
const AT_START: ReadonlySet<ApiName> = new Set<ApiName>(['InitProducerId']);

const mishap = (api: ApiName, kind: Mishap): Fault => ({
  name: `${kind}-${api}`,
  what: `a request ${api} ${WHAT[kind]}`,
  seconds: 8,
  inject: async (site) => {
    const { happened } = site.kafkaWay.next(api, kind);
    const extra = AT_START.has(api) ? site.fleet.add() : null;
    const comes = await Promise.race([happened, delay(COMES_WITHIN_MS, false, { ref: false })]);
    const happenedAt = performance.now();
    site.kafkaWay.forget();
    if (!comes) throw new Error(`no request ${api} came within ${COMES_WITHIN_MS} ms`);
    const recoveryMs = await recovered(site, happenedAt);
    if (extra !== null) await site.fleet.retire(extra);
    return recoveryMs;
  },
});

export const LOST_ANSWERS: readonly Fault[] = [
  mishap('EndTxn', 'lose-reply'),
  mishap('Produce', 'lose-reply'),
  mishap('TxnOffsetCommit', 'lose-reply'),
  mishap('AddOffsetsToTxn', 'lose-reply'),
  mishap('InitProducerId', 'lose-reply'),
  mishap('OffsetCommit', 'lose-reply'),
  mishap('EndTxn', 'lose-request'),
  mishap('Produce', 'lose-request'),
  mishap('EndTxn', 'late-request'),
  mishap('Produce', 'late-request'),
];
