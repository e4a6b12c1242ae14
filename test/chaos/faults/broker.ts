import { setTimeout as delay } from 'node:timers/promises';
import { mendHangingTransactions } from '../operator.ts';
import { probe, published, recovered } from '../recovery.ts';
import type { Site } from '../site.ts';
import type { Fault } from './fault.ts';

const AWAY_MS = 4_000;
/** Several times what it takes to be back; only then it is worth asking Kafka. */
const HANGS_AFTER_MS = 40_000;

/** Milliseconds. The only broker forgets the end of a transaction now and then, however it ended: then an operator has to mend that. */
const backOrMended = async (site: Site): Promise<number> => {
  const restartedAt = performance.now();
  const isBack = published(site, probe(site)).then(() => true);
  if (!(await Promise.race([isBack, delay(HANGS_AFTER_MS, false, { ref: false })]))) {
    await mendHangingTransactions(site);
    await isBack;
  }
  return performance.now() - restartedAt;
};

export const BROKER_FAULTS: readonly Fault[] = [
  {
    name: 'broker-stop',
    what: 'the broker is stopped (SIGTERM) and started again',
    seconds: 40,
    inject: async (site) => {
      await site.stack.parts.kafka!.stop();
      await site.stack.parts.kafka!.restart();
      return await backOrMended(site);
    },
  },
  {
    name: 'broker-kill',
    what: 'kill -9 of the broker, and started again on the same log',
    seconds: 45,
    inject: async (site) => {
      await site.stack.parts.kafka!.kill();
      await site.stack.parts.kafka!.restart();
      return await backOrMended(site);
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
