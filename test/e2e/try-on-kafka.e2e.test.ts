import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openHistory } from '../../src/adapters/git/git-history.ts';
import { SILENT_LOGGER } from '../../src/entrypoints/cli/silent-logger.ts';
import { applyTenants } from '../../src/entrypoints/composition/apply-tenants.ts';
import { openChangingStore } from '../../src/entrypoints/composition/changing-store.ts';
import { sinRecordsOf } from '../../src/replay/try/sin-records.ts';
import { loadConfig } from '../../src/runtime/config.ts';
import { ENVIRONMENT, scriptedRepository } from '../replay/try/scripted-repository.ts';
import { starterHistory } from '../replay/try/starter-history.ts';
import { tryOn } from '../replay/try/try-run.ts';
import { install, type Installation } from './support/installation.ts';
import { readOutputs, settled } from './support/outputs.ts';
import { produce } from './support/topics.ts';

const DAY_MS = 86_400_000;
const TENANT = 'history';

/** The wall clock may stand anywhere in the day: late up to two days, and no quiet hours of now. */
const tenants = {
  tenants: [
    {
      id: TENANT,
      unknown_actors: 'allow',
      max_lateness: '48h',
      quiet_hours: { start: '00:00', end: '00:00' },
      playbooks: 'starter',
    },
  ],
};

let installation: Installation;
beforeAll(async () => {
  installation = await install();
  const file = join(mkdtempSync(join(tmpdir(), 'mmm-try-e2e-')), 'tenants.yaml');
  writeFileSync(file, JSON.stringify(tenants));
  const store = await openChangingStore(loadConfig({ ...installation.env }), SILENT_LOGGER);
  await applyTenants(store, file, 'test').finally(() => store.close());
});
afterAll(async () => await installation?.remove());

test('every starter playbook that fires in try fires on the same SIN records from Kafka', async () => {
  const threeInTheAfternoon = Math.floor((Date.now() - 15 * 3_600_000) / DAY_MS) * DAY_MS + 15 * 3_600_000;
  const folder = scriptedRepository(starterHistory(threeInTheAfternoon / 1_000));
  const inTry = (await tryOn(folder)).people.flatMap((person) =>
    person.shown.map((one) => `${person.who} ${one.playbookId} ${one.title}`),
  );
  expect(inTry).toHaveLength(6);

  const records: { key: string; value: string }[] = [];
  const history = await openHistory(folder, ENVIRONMENT);
  for await (const { actorId, envelopes } of sinRecordsOf(history, { tenantId: TENANT, pseudonymOf: (who) => who })) {
    for (const envelope of envelopes) records.push({ key: actorId, value: JSON.stringify(envelope) });
  }
  const engine = await installation.start().ready();
  await produce(installation.brokers, installation.topic('pm3.signals.normalized'), records);
  await settled(installation, records.length);
  const { deliveries, deadLetters } = await readOutputs(installation);
  await engine.end('SIGTERM');

  expect(deadLetters).toEqual([]);
  const told = new Set(
    deliveries.map(({ body }) => `${String(body['actor_id'])} ${String(body['playbook_id'])} ${String(body['title'])}`),
  );
  expect([...told].sort()).toEqual(inTry.sort());
});
