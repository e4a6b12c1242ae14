import { describe, expect, test } from '@jest/globals';
import { deriveSubject, subjectKeyOf, subjectKeyOfSignal, subjectOf } from '../../src/domain/subject.ts';
import { aSignal } from './decision/given.ts';

const bare = { repo_id: null, branch: null, commit: null, file_path: null, payload: {} };

describe('the subject of a signal', () => {
  test('is what the normaliser wrote', () => {
    const subject = {
      kind: 'build',
      repo_id: null,
      branch: null,
      commit: null,
      pr_number: null,
      build_id: '7',
      incident_id: null,
      file_path: null,
    };
    expect(subjectOf(aSignal({ subject }))).toBe(subject);
  });

  test('is else the most lasting thing that it names', () => {
    const kind = (change: Parameters<typeof aSignal>[0]): string | undefined =>
      deriveSubject(aSignal({ commit: 'c0ffee', ...change }))?.kind;
    expect(kind({ payload: { incident_id: 'i1', pr_number: 7 } })).toBe('incident');
    expect(kind({ payload: { pr_number: 7, build_id: 'b' }, file_path: 'a.ts' })).toBe('pull_request');
    expect(kind({ payload: { pr_id: '7' } })).toBe('pull_request');
    expect(kind({ payload: { build_id: 12 }, file_path: 'a.ts' })).toBe('build');
    expect(kind({ file_path: 'a.ts' })).toBe('file');
    expect(kind({})).toBe('branch');
    expect(kind({ branch: null })).toBe('commit');
    expect(kind({ branch: null, commit: null })).toBe('repository');
    expect(
      deriveSubject({ ...bare, payload: { pr_number: 0, pr_id: 'none', build_id: '', incident_id: true } }),
    ).toBeNull();
  });

  test('of nothing is general, and no two signals share it', () => {
    expect(subjectOf({ ...bare, subject: null }).kind).toBe('general');
    expect(subjectKeyOfSignal({ ...bare, subject: null })).toBeNull();
  });

  test('has one key for one thing: the same file on another branch, the same request at another commit', () => {
    const key = (change: Parameters<typeof aSignal>[0]): string => subjectKeyOf(subjectOf(aSignal(change)));
    expect(key({ file_path: 'a.ts', branch: 'x' })).toBe(key({ file_path: 'a.ts', branch: 'y', commit: 'c' }));
    expect(key({ payload: { pr_number: 7 }, commit: 'a' })).toBe(
      key({ payload: { pr_id: 7 }, commit: 'b', branch: 'z' }),
    );
    expect(key({ file_path: 'a.ts' })).not.toBe(key({ file_path: 'a.ts', repo_id: 'org/lib' }));
    expect(key({ branch: 'a' })).not.toBe(key({ branch: null, commit: 'a' }));
    expect(key({ subject: { ...subjectOf(aSignal()), kind: 'service_catalogue' } })).toContain('service_catalogue');
  });
});
