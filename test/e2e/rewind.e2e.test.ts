import { afterAll, beforeAll, expect } from '@jest/globals';
import { kafkaTool } from '../infra/kafka-tools.ts';
import { testWithJava as test } from '../infra/test-with-java.ts';
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

/** As an operator does it; the group has no members by then. */
const rewind = async (group: string, topics: readonly string[]): Promise<void> => {
  const which = topics.flatMap((topic) => ['--topic', topic]);
  const said = await kafkaTool('kafka-consumer-groups', installation.brokers, [
    ...['--group', group, ...(topics.length === 0 ? ['--all-topics'] : which)],
    ...['--reset-offsets', '--to-earliest', '--execute'],
  ]);
  expect(said).toContain(topics[0] ?? installation.topic('mmm.outbox'));
};
const inPlace = (outputs: Outputs): unknown =>
  [outputs.decisions, outputs.deliveries, outputs.receipts, outputs.deadLetters].map((records) =>
    records.map(({ partition, offset }) => `${partition}:${offset}`).sort(),
  );

test('both live groups rewound to the beginning: everything is read again, found in the journal, and nothing is emitted twice', async () => {
  await rewind(`${installation.namespace}mmm-intake`, [installation.topic('pm3.signals.normalized')]);
  await rewind(`${installation.namespace}mmm-decide`, [installation.topic('mmm.signals')]);
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
  await rewind(`${installation.namespace}mmm-decide`, []);
  const engine = installation.start();
  const { partition } = await engine.log('session_ended', (line) =>
    JSON.stringify(line).includes('OUTBOX_CURSOR_LOST'),
  );
  expect(partition).toBeDefined();
  await engine.end('SIGKILL');
  expect(inPlace(await readOutputs(installation))).toEqual(inPlace(before));
}, 600_000);
