import { expect, test } from '@jest/globals';
import { conditionTerms } from '../../../src/domain/playbook/condition-terms.ts';

test.each<[string, string[]]>([
  ['a == 1 && b > 2', ['a == 1', 'b > 2']],
  ['(a && b) && c', ['(a && b)', 'c']],
  ['a && b || c', ['a && b || c']],
  ['a && (b || c)', ['a', '(b || c)']],
  ['a ? b && c : d', ['a ? b && c : d']],
  ['f("x && y", \'||\') && z["a && b"]', ['f("x && y", \'||\')', 'z["a && b"]']],
  ['a\n  &&   b  ==  "two  spaces"', ['a', 'b == "two  spaces"']],
  ['x == "a\\" && b" && c', ['x == "a\\" && b"', 'c']],
])('%s', (source, terms) => {
  expect(conditionTerms(source)).toEqual(terms);
});
