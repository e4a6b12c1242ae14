import { describe, expect, test } from '@jest/globals';
import { comparedPersons, lintText } from '../../../src/domain/action/text-lint.ts';

const rules = (type: 'mirror' | 'mentor', text: string): readonly string[] =>
  lintText(type, text).map((fault) => fault.rule);

describe('what a receiver would be right to mind', () => {
  test.each([
    ['You SHOULD add tests', 'prescriptive'],
    ['Tests need  to exist', 'prescriptive'],
    ["Don't push yet", 'prescriptive'],
    ['Act now, review waits', 'urgency'],
    ['This is dangerous', 'fear'],
    ['This is your fault.', 'blame'],
    ['More reverts than your colleagues', 'comparison'],
    ['You are ranked 4th', 'comparison'],
    ['Three more than @sam-b', 'comparison'],
    ['No tests!!', 'shouting'],
    ['THERE ARE NO TESTS', 'shouting'],
  ])('%s: %s', (text, rule) => {
    expect(rules('mirror', text)).toContain(rule);
  });
});

describe('what is fine', () => {
  test.each([
    '7 files changed, none of them tests',
    'src/must-have.ts was reverted',
    'fix/urgent merged',
    'should.ts changed 3 times',
    'docs/README and API HTTP JSON files',
    'A mustard file, a shoulder file',
  ])('%s', (text) => {
    expect(rules('mirror', text)).toEqual([]);
  });
  test('advice in a mentor', () => {
    expect(rules('mentor', 'You should find a test useful here')).toEqual([]);
  });
});

test('a name is compared with in a text of ours only: a value may speak of other things with a capital', () => {
  expect(comparedPersons('Fewer tests than Sam wrote').map(({ words }) => words)).toEqual(['Fewer tests than Sam']);
  for (const fine of ['faster than rust', 'more files than src/Main.ts', 'fewer than 3 Tests'])
    expect(comparedPersons(fine)).toEqual([]);
  expect(rules('mirror', 'Merged: faster than Rust')).toEqual([]);
});

test('pressure is refused in every type', () => {
  expect(rules('mentor', 'Act now or else')).toEqual(['urgency', 'fear']);
});

test('a hostile long text ends', () => {
  expect(rules('mirror', `${'need '.repeat(20_000)}`)).toEqual([]);
});

describe('what was said of a text is kept', () => {
  test('asked again it is the same', () => {
    const twice = [1, 2].map(() => rules('mirror', 'You should act now!!'));
    expect(twice[0]).toEqual(['prescriptive', 'urgency', 'shouting']);
    expect(twice[1]).toEqual(twice[0]);
  });
  test('of a mirror and of a mentor apart, whichever was asked first', () => {
    const [first, second] = ['Better tests are what you should add', 'You should add better tests'];
    expect([rules('mirror', first), rules('mentor', first)]).toEqual([['prescriptive'], []]);
    expect([rules('mentor', second), rules('mirror', second)]).toEqual([[], ['prescriptive']]);
  });
});
