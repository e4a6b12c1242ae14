import { setTimeout as delay } from 'node:timers/promises';
import { mendHangingTransactions } from '../operator.ts';
import { probe, published, recovered } from '../recovery.ts';
import type { Fault } from './fault.ts';

const AWAY_MS = 4_000;
/** Several times what it takes to be back; only then it is worth asking Kafka. */
const HANGS_AFTER_MS = 40_000;

export const BROKER_FAULTS: readonly Fault[] = [
  {
    name: 'broker-stop',
    what: 'the broker is stopped (SIGTERM) and started again',
    seconds: 40,
    inject: async (site) => {
      await site.stack.parts.kafka!.stop();
      await site.stack.parts.kafka!.restart();
      return await recovered(site, performance.now());
    },
  },
  {
    name: 'broker-kill',
    what: 'kill -9 of the broker, and started again on the same log',
    seconds: 45,
    inject: async (site) => {
      await site.stack.parts.kafka!.kill();
      await site.stack.parts.kafka!.restart();
      const restartedAt = performance.now();
      const probes = probe(site);
      const isBack = published(site, probes).then(() => true);
      if (!(await Promise.race([isBack, delay(HANGS_AFTER_MS, false, { ref: false })]))) {
        await mendHangingTransactions(site);
        await isBack;
      }
      return performance.now() - restartedAt;
    },
  },
  {
    name: 'broker-unreachable',
    what: `no worker reaches the broker for ${AWAY_MS / 1_000} s`,
    seconds: 15,
    inject: async (site) => {
      await site.kafkaWay.cut();
      await delay(AWAY_MS);
      await site.kafkaWay.open();
      return await recovered(site, performance.now());
    },
  },
];
