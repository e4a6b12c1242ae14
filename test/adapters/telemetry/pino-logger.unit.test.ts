import { describe, expect, test } from '@jest/globals';
import { createLogger } from '../../../src/adapters/telemetry/pino-logger.ts';
import { MmmError } from '../../../src/errors.ts';

const linesOf = (write: (logger: ReturnType<typeof createLogger>) => void): string => {
  let text = '';
  const destination = { write: (line: string) => void (text += line) };
  write(createLogger({ level: 'debug', version: '0', hashKey: Buffer.alloc(32), destination }));
  return text;
};

describe('logger', () => {
  test('a person is a keyed hash, content and credentials are not there at all', () => {
    const text = linesOf((logger) =>
      logger
        .child({ actor_id: 'dev1' })
        .warn('refused', { actor: 'dev1', payload: { a: 'body' }, password: 'hunter2', tenant_id: 't' }),
    );
    expect(text).toContain('"event":"refused"');
    expect(text).toContain('"tenant_id":"t"');
    for (const hidden of ['dev1', 'body', 'hunter2']) expect(text).not.toContain(hidden);
  });

  test('a foreign error shows where, never what: its message and members may hold statements and addresses', () => {
    const foreign = Object.assign(new Error('connect postgres://u:hunter2@host'), {
      query: 'SELECT hunter2',
      code: 'ECONNREFUSED',
    });
    const text = linesOf((logger) =>
      logger.error('failed', { error: new MmmError('DATABASE_UNAVAILABLE', undefined, { cause: foreign }) }),
    );
    expect(text).toContain('DATABASE_UNAVAILABLE');
    expect(text).toContain('ECONNREFUSED');
    expect(text).not.toContain('hunter2');
  });

  test('a dependency that is away is told without stacks; a fault of the code keeps its own, also underneath', () => {
    const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const told = (error: Error): string => linesOf((logger) => logger.warn('failed', { error }));
    expect(told(new MmmError('DATABASE_UNAVAILABLE', undefined, { cause: refused }))).not.toContain('"stack"');
    expect(told(new MmmError('LOG_UNAVAILABLE', undefined, { cause: new TypeError('x') }))).toContain('"stack"');
    for (const fault of [refused, new TypeError('x'), new MmmError('OUTBOX_GAP')])
      expect(told(fault)).toContain('"stack"');
  });
});
