import { setTimeout as delay } from 'node:timers/promises';
import { recovered } from '../recovery.ts';
import type { Fault } from './fault.ts';

const AWAY_MS = 4_000;

export const REGISTRY_FAULTS: readonly Fault[] = [
  {
    name: 'registry-unreachable',
    what: `the registry does not answer for ${AWAY_MS / 1_000} s: an unknown schema id waits`,
    seconds: 10,
    inject: async (site) => {
      await site.registryWay.cut();
      await delay(AWAY_MS);
      await site.registryWay.open();
      return await recovered(site, performance.now());
    },
  },
  {
    name: 'registry-stop',
    what: 'the registry is stopped and started again',
    seconds: 30,
    inject: async (site) => {
      await site.stack.parts.registry!.stop();
      await delay(AWAY_MS);
      await site.stack.parts.registry!.restart();
      return await recovered(site, performance.now());
    },
  },
];
