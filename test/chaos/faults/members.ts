import { setTimeout as delay } from 'node:timers/promises';
import { recovered } from '../recovery.ts';
import type { Fault } from './fault.ts';

const CHANGES = 6;
const EVERY_MS = 2_000;
const ASKS = 30;

export const MEMBER_FAULTS: readonly Fault[] = [
  {
    name: 'rebalances',
    what: `every ${EVERY_MS / 1_000} s a worker comes or goes, ${CHANGES} times`,
    seconds: 22,
    inject: async (site) => {
      const { fleet, options } = site;
      const leaving: Promise<void>[] = [];
      for (let n = 0; n < CHANGES; n++) {
        if (n % 2 === 0) fleet.add();
        else leaving.push(fleet.retire(fleet.running[0]!));
        await delay(EVERY_MS);
      }
      await Promise.all(leaving);
      while (fleet.running.length < options.workers) fleet.add();
      await fleet.ready();
      return await recovered(site, performance.now());
    },
  },
  {
    name: 'http-burst',
    what: `${ASKS} clients ask at once about one person, of whom the topic tells as much`,
    seconds: 8,
    inject: async (site) => {
      const startedAt = performance.now();
      const actor = `busy${site.plan.sent.length}`;
      site.generator.put(Array.from({ length: ASKS }, () => site.plan.signal('capped', Date.now(), actor)));
      site.asker.ask(Array.from({ length: ASKS }, () => ({ tenantId: 'capped', actorId: actor })));
      return await recovered(site, startedAt);
    },
  },
];
