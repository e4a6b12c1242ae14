import { expect, test } from '@jest/globals';
import { CommitTogether } from '../../../src/adapters/kafka/commit-together.ts';

/** Notes what it is asked to commit; answers as told. */
const committer = (answer: () => Promise<void> = () => Promise.resolve()) => {
  const asked: unknown[] = [];
  const commitOffsetsIfNecessary = (offsets?: object): Promise<void> => {
    asked.push(offsets);
    return answer();
  };
  return { asked, commitOffsetsIfNecessary };
};

test('lanes that end in one turn are committed in one request, those of the next turn in another', async () => {
  const by = committer();
  const commits = new CommitTogether();
  const first = ['5', '7'].map((offset, partition) => commits.commit(by, { topic: 'a', partition, offset }));
  first.push(commits.commit(by, { topic: 'b', partition: 0, offset: '1' }));
  await Promise.all(first);
  await commits.commit(by, { topic: 'a', partition: 0, offset: '6' });
  expect(by.asked).toEqual([
    {
      topics: [
        {
          topic: 'a',
          partitions: [
            { partition: 0, offset: '5' },
            { partition: 1, offset: '7' },
          ],
        },
        { topic: 'b', partitions: [{ partition: 0, offset: '1' }] },
      ],
    },
    { topics: [{ topic: 'a', partitions: [{ partition: 0, offset: '6' }] }] },
  ]);
});

test('a refused request is refused to each lane it carried, and to no later one', async () => {
  let refused = true;
  const by = committer(() => (refused ? Promise.reject(new Error('rebalance')) : Promise.resolve()));
  const commits = new CommitTogether();
  const ends = await Promise.allSettled(
    [0, 1].map((partition) => commits.commit(by, { topic: 'a', partition, offset: '1' })),
  );
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  refused = false;
  await expect(commits.commit(by, { topic: 'a', partition: 0, offset: '1' })).resolves.toBeUndefined();
});
