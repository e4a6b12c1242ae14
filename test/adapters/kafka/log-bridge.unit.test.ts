import { expect, test } from '@jest/globals';
import kafkajs from 'kafkajs';
import { bridgeLogs } from '../../../src/adapters/kafka/log-bridge.ts';
import type { Logger } from '../../../src/pipeline/ports/logger.ts';

const AWAY = 'Failed to connect to seed broker';

const bridged = () => {
  const lines: (readonly [string, unknown, unknown])[] = [];
  const add =
    (level: string) =>
    (_event: string, fields: Record<string, unknown> = {}): void =>
      void lines.push([level, fields['text'], fields['repeated']]);
  const logger: Logger = {
    debug: add('debug'),
    info: add('info'),
    warn: add('warn'),
    error: add('error'),
    child: () => logger,
  };
  let nowMs = 0;
  const log = bridgeLogs(logger, () => nowMs)(kafkajs.logLevel.INFO);
  const says = (message: string, level: number = kafkajs.logLevel.ERROR, namespace = 'Cluster'): void =>
    log({ namespace, level, label: '', log: { timestamp: '', message } });
  return { lines, says, wait: (ms: number) => void (nowMs += ms) };
};

test('a line that the client repeats is told at once, then every ten seconds with how often it came', () => {
  const { lines, says, wait } = bridged();
  for (let second = 0; second <= 10; second++) {
    says(AWAY);
    says(AWAY);
    wait(1_000);
  }
  expect(lines).toEqual([
    ['warn', AWAY, undefined],
    ['warn', AWAY, 19],
  ]);
});

test('different lines are each told', () => {
  const { lines, says } = bridged();
  says(AWAY);
  says('The group is rebalancing');
  expect(lines.map(([, text]) => text)).toEqual([AWAY, 'The group is rebalancing']);
});

test('what the client only retries is for debugging', () => {
  const { lines, says } = bridged();
  says('connected', kafkajs.logLevel.INFO);
  says('Response with error', kafkajs.logLevel.ERROR, 'Connection');
  expect(lines.map(([level]) => level)).toEqual(['debug', 'debug']);
});
