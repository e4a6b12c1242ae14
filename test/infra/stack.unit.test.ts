import { expect, test } from '@jest/globals';
import { parseKcat } from './kcat.ts';
import { createDatabase, dropDatabase, guardTestName, uniqueName } from './stack.ts';

test.each(['production', 'mmm', '', 'test"; DROP DATABASE mmm; --', 'Test'])(
  'a database named %j is refused before anything connects',
  async (name) => {
    const nowhere = 'postgresql://nobody@192.0.2.1/none';
    await expect(createDatabase(name, nowhere)).rejects.toThrow('refused');
    await expect(dropDatabase(name, nowhere)).rejects.toThrow('refused');
  },
);

test('a unique test name passes the guard and is used once', () => {
  const name = uniqueName('test_journal');
  expect(() => guardTestName(name)).not.toThrow();
  expect(uniqueName('test_journal')).not.toBe(name);
});

test('kcat output is cut by length: line breaks and tabs inside, null and empty stay apart', () => {
  const output = Buffer.from('0\t5\t2\t3\ta=b\nk\nv\n\t\n1\t6\t-1\t-1\t\n\n1\t7\t0\t0\t\n\n');
  expect(parseKcat(output)).toEqual([
    { partition: 0, offset: 5, key: Buffer.from('k\n'), value: Buffer.from('v\n\t'), headers: 'a=b' },
    { partition: 1, offset: 6, key: null, value: null, headers: '' },
    { partition: 1, offset: 7, key: Buffer.alloc(0), value: Buffer.alloc(0), headers: '' },
  ]);
});
