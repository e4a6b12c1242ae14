import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Kafka } from 'kafkajs';
import { waitFor } from './support/engine-process.ts';
import { install, type Installation } from './support/installation.ts';
import { expectExactlyOnce, type Outputs, readOutputs, settled } from './support/outputs.ts';
import { commits, type Sent } from './support/signals.ts';
import { produce } from './support/topics.ts';

let installation: Installation;
let sent: readonly Sent[];
let before: Outputs;

beforeAll(async () => {
  installation = await install();
  const engine = await installation.start().ready();
  sent = commits(8, 10);
  await produce(installation.brokers, installation.topic('pm3.signals.normalized'), sent);
  await settled(installation, sent.length);
  await engine.end();
  before = await readOutputs(installation);
}, 600_000);
afterAll(async () => await installation?.remove());

/** What `kafka-consumer-groups --reset-offsets --to-earliest --execute` does: the group's offsets are committed anew while it has no members. */
const rewind = async (group: string, topic: string): Promise<void> => {
  const kafka = new Kafka({ clientId: 'rewind', brokers: installation.brokers, logCreator: () => () => undefined });
  const admin = kafka.admin();
  await admin.connect();
  try {
    await admin.resetOffsets({ groupId: group, topic, earliest: true });
  } finally {
    await admin.disconnect();
  }
};
const inPlace = (outputs: Outputs): unknown =>
  [outputs.decisions, outputs.deliveries, outputs.receipts, outputs.deadLetters].map((records) =>
    records.map(({ partition, offset }) => `${partition}:${offset}`).sort(),
  );

test('both live groups rewound to the beginning: everything is read again, found in the journal, and nothing is emitted twice', async () => {
  await rewind(`${installation.namespace}mmm-intake`, installation.topic('pm3.signals.normalized'));
  await rewind(`${installation.namespace}mmm-decide`, installation.topic('mmm.signals'));
  const engine = await installation.start().ready();
  // Once for the rewound decide group, once more for what the rewound intake has appended.
  await waitFor('every signal twice as a duplicate', async () =>
    (await engine.metric('mmm_records_total', { outcome: 'duplicate' })) >= 2 * sent.length ? true : null,
  );
  await engine.end();
  const after = await readOutputs(installation);
  await expectExactlyOnce(installation, sent, after);
  expect(inPlace(after)).toEqual(inPlace(before));
}, 600_000);

test('with the cursor rewound too (--all-topics) the shards that had records stop rather than repeat', async () => {
  await rewind(`${installation.namespace}mmm-decide`, installation.topic('mmm.outbox'));
  const engine = installation.start();
  const { partition } = await engine.log('session_ended', (line) =>
    JSON.stringify(line).includes('OUTBOX_CURSOR_LOST'),
  );
  expect(partition).toBeDefined();
  await engine.end('SIGKILL');
  expect(inPlace(await readOutputs(installation))).toEqual(inPlace(before));
}, 600_000);
