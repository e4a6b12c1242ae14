import { expect, test } from '@jest/globals';
import { uuidIds } from '../../../src/adapters/ids/uuid-ids.ts';
import { openHistory } from '../../../src/adapters/git/git-history.ts';
import { MemoryIntakeSource } from '../../../src/adapters/memory/memory-intake-source.ts';
import { LocalInputDecoder } from '../../../src/adapters/registry/input-decoder.ts';
import { createSecretlintScanner } from '../../../src/adapters/secrets/secretlint-scanner.ts';
import type { MmmDelivery } from '../../../src/generated/records.ts';
import { createIntake } from '../../../src/pipeline/intake/intake.ts';
import { createNormaliser } from '../../../src/pipeline/normalise/normalise-document.ts';
import { sinRecordsOf } from '../../../src/replay/try/sin-records.ts';
import { DecideHarness, rulesWith, TENANT } from '../../pipeline/harness.ts';
import { ENVIRONMENT, scriptedRepository } from './scripted-repository.ts';
import { starterHistory } from './starter-history.ts';
import { starterPlaybooks, tryOn } from './try-run.ts';

const END = Date.parse('2026-03-04T15:00:00Z') / 1000;
const RULES = { quiet_hours: { start: '22:00', end: '06:00' } };

test('what fires in try fires on the same SIN records that a publisher puts on the topic', async () => {
  const folder = scriptedRepository(starterHistory(END));
  const inTry = (await tryOn(folder)).people.flatMap((person) =>
    person.shown.map((one) => `${person.who} ${one.playbookId} ${one.title}`),
  );

  const harness = new DecideHarness(rulesWith(await starterPlaybooks(), RULES), 3);
  harness.now = END * 1000;
  const source = new MemoryIntakeSource();
  const intake = createIntake({
    source,
    writer: harness.log,
    decoder: new LocalInputDecoder(),
    normaliser: createNormaliser({ ids: uuidIds, scanner: createSecretlintScanner() }),
    codec: harness.deps.codec,
    clock: harness.deps.clock,
    metrics: harness.deps.metrics,
    logger: harness.deps.logger,
    engineVersion: 'test',
  });
  const sessions = harness.sessions();
  await sessions.start();
  await intake.start();
  // One clock for all, as on a wall: every record arrives at once, hours after it happened.
  for await (const { envelopes } of sinRecordsOf(await openHistory(folder, ENVIRONMENT), {
    tenantId: TENANT,
    pseudonymOf: (who) => who,
  })) {
    await source.put(
      'pm3.signals.normalized',
      envelopes.map((one) => ({
        key: null,
        value: Buffer.from(JSON.stringify(one)),
        headers: {},
        timestampMs: harness.now,
      })),
    );
  }
  await harness.drained();
  await intake.stop();
  await sessions.stop();

  const delivered = new Map<string, MmmDelivery>(harness.deliveries().map((one) => [one.action_id, one]));
  const onTopic = [...delivered.values()].map((one) => `${one.actor_id} ${one.playbook_id} ${one.title}`);
  expect(inTry.map((line) => line.split(' ')[1]).sort()).toEqual([
    'file-reverted',
    'large-change',
    'late-merge',
    'repeated-fix',
    'source-without-tests',
    'welcome',
  ]);
  expect(onTopic.sort()).toEqual(inTry.sort());
});
