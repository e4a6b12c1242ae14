import { describe, expect, test } from '@jest/globals';
import { armFaults, type StoredVersion } from '../../../src/domain/experiment/arm-faults.ts';
import { parseExperiment } from '../../../src/domain/experiment/parse-experiment.ts';
import { compileJsonSchema } from '../../schemas/compile-json-schema.ts';
import { anArm, anExperiment } from './given.ts';

type Json = Readonly<Record<string, unknown>>;
const arm = (name: string, weight: number, more: Json): Json => ({ name, weight, ...more });
const ARMS = [
  arm('control', 0.5, { version: 3 }),
  arm('short', 0.3, { version: 4 }),
  arm('silence', 0.2, { holdout: true }),
];
const LEAST: Json = { id: 'e', name: 'E', playbook: 'tests-missing', unit: 'actor', arms: ARMS };
const withArms = (...arms: Json[]): Json => ({ ...LEAST, arms });

test('an experiment is read', () => {
  expect(parseExperiment({ ...LEAST, id: 'shorter-text', name: 'A shorter text' })).toEqual({
    ok: true,
    experiment: anExperiment(),
  });
});

describe('form: the schema and the parser of the engine say the same', () => {
  const validate = compileJsonSchema('experiment');
  const { unit: _unit, ...noUnit } = LEAST;

  test.each<[string, boolean, Json]>([
    ['the least', true, LEAST],
    ['no unit', false, noUnit],
    ['another unit', false, { ...LEAST, unit: 'department' }],
    ['a field that nobody knows', false, { ...LEAST, status: 'active' }],
    ['an id with capitals', false, { ...LEAST, id: 'E' }],
    ['one arm', false, withArms(arm('a', 0.5, { version: 1 }))],
    [
      'an arm with version and holdout',
      false,
      withArms(ARMS[0]!, ARMS[1]!, arm('x', 0.2, { version: 5, holdout: true })),
    ],
    ['an arm with neither', false, withArms(ARMS[0]!, ARMS[1]!, arm('x', 0.2, {}))],
    ['a holdout that is none', false, withArms(ARMS[0]!, ARMS[1]!, arm('x', 0.2, { holdout: false }))],
    ['a weight of nothing', false, withArms(ARMS[0]!, ARMS[1]!, ARMS[2]!, arm('x', 0, { version: 7 }))],
    ['a weight as text', false, withArms(ARMS[0]!, ARMS[1]!, arm('x', '0.2' as never, { version: 7 }))],
  ])('%s: %s', (_name, expected, document) => {
    expect([validate(document), parseExperiment(document).ok]).toEqual([expected, expected]);
  });
});

describe('safe bounds (R-72)', () => {
  test.each<[string, Json, string]>([
    ['weights that sum to less', withArms(ARMS[0]!, ARMS[1]!), 'arms'],
    ['weights that sum to more', withArms(...ARMS, arm('x', 0.1, { version: 7 })), 'arms'],
    [
      'holding out more than half',
      withArms(arm('a', 0.4, { version: 3 }), arm('b', 0.3, { holdout: true }), arm('c', 0.3, { holdout: true })),
      'arms',
    ],
    ['a version twice', withArms(arm('a', 0.5, { version: 3 }), arm('b', 0.5, { version: 3 })), 'arms'],
    ['a name twice', withArms(arm('a', 0.5, { version: 3 }), arm('a', 0.5, { version: 4 })), 'arms'],
  ])('%s is refused', (_name, document, path) => {
    const parsed = parseExperiment(document);
    expect(parsed.ok ? [] : parsed.findings.map((one) => one.path)).toEqual([path]);
  });

  test('exactly half may be held out; tenths that sum to 1 do so although not in binary', () => {
    expect(parseExperiment(withArms(arm('a', 0.5, { version: 3 }), arm('b', 0.5, { holdout: true }))).ok).toBe(true);
    const tenths = [0.7, 0.2, 0.1].map((weight, at) => arm(`a${at}`, weight, { version: at + 1 }));
    expect(0.7 + 0.2 + 0.1 === 1).toBe(false);
    expect(parseExperiment(withArms(...tenths)).ok).toBe(true);
  });
});

describe('the stored versions', () => {
  const stored = (version: number, status: StoredVersion['status'], tier = 'normal'): StoredVersion => ({
    version,
    status,
    tier,
  });
  const faults = (...versions: StoredVersion[]): string[] =>
    armFaults(anExperiment(), versions).map(({ path }) => path);

  test('the published one and shadows can be arms', () => {
    expect(faults(stored(3, 'published'), stored(4, 'shadow'))).toEqual([]);
    expect(faults(stored(3, 'shadow'), stored(4, 'published'))).toEqual([]);
  });

  test('drafts can not, nor what was withdrawn or does not exist, nor anything without the published version as an arm', () => {
    expect(faults(stored(3, 'published'), stored(4, 'draft'))).toEqual(['arms[1].version']);
    expect(faults(stored(3, 'published'), stored(4, 'deprecated'))).toEqual(['arms[1].version']);
    expect(faults(stored(3, 'published'))).toEqual(['arms[1].version']);
    expect(faults(stored(3, 'deprecated'), stored(4, 'shadow'))).toEqual(['playbook']);
    expect(faults(stored(3, 'shadow'), stored(4, 'shadow'), stored(5, 'published'))).toEqual(['arms']);
  });

  test('nothing of tier critical', () => {
    expect(faults(stored(3, 'published'), stored(4, 'shadow', 'critical'))).toEqual(['arms[1].version']);
    expect(
      armFaults(anExperiment({ arms: [anArm('a', 0.5, 3), anArm('b', 0.5)] }), [stored(3, 'published', 'critical')]),
    ).toHaveLength(1);
  });
});
