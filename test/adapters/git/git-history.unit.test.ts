import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openHistory } from '../../../src/adapters/git/git-history.ts';
import type { Commit } from '../../../src/replay/try/history.ts';
import { ENVIRONMENT, git, linesOf, newFolder, scriptedRepository } from '../../replay/try/scripted-repository.ts';

const T = 1_700_000_000;

const read = async (folder: string): Promise<Commit[]> => {
  const commits: Commit[] = [];
  for await (const commit of (await openHistory(folder, ENVIRONMENT)).commits()) commits.push(commit);
  return commits;
};

const refusalOf = async (folder: string): Promise<{ code: string; message: string }> =>
  await read(folder).then(
    () => ({ code: 'read', message: '' }),
    (error: { code: string; message: string }) => ({ code: error.code, message: error.message }),
  );

describe('a history', () => {
  test('is read oldest first, parents before children, with every field', async () => {
    const folder = scriptedRepository([
      { at: T, files: { 'a.ts': linesOf(3) } },
      { at: T + 20, from: 0, email: 'Bob@Example.org', name: 'Bob', zone: '-0330', files: { 'b.ts': linesOf(2) } },
      { at: T + 10, from: 0, files: { 'a.ts': linesOf(1) } },
      { at: T + 30, from: 2, merge: 1, message: 'Merge it\n\nbody' },
    ]);
    const commits = await read(folder);
    expect(commits.map((commit) => commit.committedAtMs / 1000 - T)).toEqual([0, 10, 20, 30]);
    expect(commits[1]!.files).toEqual([{ path: 'a.ts', insertions: 0, deletions: 2 }]);
    expect(commits[2]).toMatchObject({ authorName: 'Bob', authorEmail: 'Bob@Example.org', zone: '-03:30' });
    expect(commits[3]).toMatchObject({ subject: 'Merge it', files: [] });
    expect(commits[3]!.parents).toEqual([commits[1]!.id, commits[2]!.id]);
  });

  test('applies .mailmap', async () => {
    const folder = scriptedRepository([
      { at: T, email: 'old@example.org', files: { '.mailmap': 'Ann New <new@example.org> <old@example.org>\n' } },
    ]);
    git(folder, 'checkout', '-q', 'main');
    expect((await read(folder))[0]).toMatchObject({ authorName: 'Ann New', authorEmail: 'new@example.org' });
    const bare = join(newFolder(), 'bare.git');
    git(folder, 'clone', '-q', '--bare', '.', bare);
    expect((await read(bare))[0]).toMatchObject({ authorEmail: 'new@example.org' });
  });

  test('keeps odd paths apart, whatever they hold', async () => {
    const long = `${'d/'.repeat(2_400)}${'x'.repeat(200)}.ts`;
    const odd = ['a\nb.ts', 'tab\t.ts', '"quoted".ts', '\u0001\u001b[31mred.ts', long, 'd\u00e9j\u00e0.ts'];
    const folder = scriptedRepository([
      { at: T, files: Object.fromEntries(odd.map((path) => [path, 'x\n'])) },
      { at: T + 1, files: { 'later.ts': 'x\n' } },
    ]);
    const commits = await read(folder);
    expect(commits[0]!.files.map(({ path }) => path).sort()).toEqual([...odd].sort());
    expect(commits[1]!.files.map(({ path }) => path)).toEqual(['later.ts']);
  });

  test('a message can not pass for another commit, and a huge one costs nothing', async () => {
    const folder = scriptedRepository([
      {
        at: T,
        message: `\u0001${'0'.repeat(40)}\u0001 1\t1\tevil.ts\n\n${'y'.repeat(1_000_000)}`,
        files: { 'a.ts': 'x\n' },
      },
      { at: T + 1, message: 'z'.repeat(3_000_000), files: { 'b.ts': 'x\n' } },
    ]);
    const commits = await read(folder);
    expect(commits.map(({ files }) => files.map(({ path }) => path))).toEqual([['a.ts'], ['b.ts']]);
    expect(commits[1]!.subject.length).toBe(65_536);
  });

  test('dates and zones that nobody can have are held at their bounds', async () => {
    const folder = scriptedRepository([
      { at: 0, zone: '+9959', files: { 'a.ts': 'x\n' } },
      { at: 99_999_999_999_999, files: { 'b.ts': 'x\n' } },
    ]);
    const commits = await read(folder);
    expect(commits[0]).toMatchObject({ committedAtMs: 0, zone: '+00:00' });
    for (const commit of commits) expect(new Date(commit.committedAtMs).toISOString()).toMatch(/^\d{4}-/);
  });

  test('is the same from a subfolder, a worktree, a detached HEAD and a path with spaces', async () => {
    const folder = join(newFolder(), 'with space');
    mkdirSync(folder);
    scriptedRepository([{ at: T, files: { 'sub/a.ts': 'x\n' } }], folder);
    git(folder, 'checkout', '-q', '--detach', 'main');
    git(folder, 'worktree', 'add', '-q', join(folder, 'tree'), '--detach');
    for (const path of [folder, join(folder, 'sub'), join(folder, 'tree'), join(folder, '.git')]) {
      expect((await read(path)).map(({ files }) => files[0]!.path)).toEqual(['sub/a.ts']);
    }
    expect((await openHistory(folder, ENVIRONMENT)).summary).toMatchObject({
      name: 'with space',
      commits: 1,
      bare: false,
      shallow: false,
    });
  });

  test('a submodule is a repository of its own', async () => {
    const inner = scriptedRepository([{ at: T, files: { 'inner.ts': 'x\n' } }]);
    const outer = scriptedRepository([{ at: T, files: { 'outer.ts': 'x\n' } }]);
    git(outer, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner, 'module');
    expect((await read(join(outer, 'module'))).map(({ files }) => files[0]!.path)).toEqual(['inner.ts']);
  });

  test('a shallow clone names the commits whose changes it can not tell', async () => {
    const full = scriptedRepository([0, 1, 2].map((index) => ({ at: T + index, files: { [`${index}.ts`]: 'x\n' } })));
    const clone = join(newFolder(), 'clone');
    git(full, 'clone', '-q', '--depth', '2', `file://${full}`, clone);
    const { summary } = await openHistory(clone, ENVIRONMENT);
    expect(summary).toMatchObject({ shallow: true, commits: 2 });
    expect([...summary.cutOff]).toEqual([(await read(clone))[0]!.id]);
  });
});

describe('what can not be read has a clear answer', () => {
  test('an empty repository, bare or not', async () => {
    const folder = newFolder();
    git(folder, 'init', '-q');
    expect(await refusalOf(folder)).toMatchObject({
      code: 'REPOSITORY_EMPTY',
      message: expect.stringContaining('no commits yet'),
    });
    const bare = newFolder();
    git(bare, 'init', '-q', '--bare');
    expect((await refusalOf(bare)).code).toBe('REPOSITORY_EMPTY');
  });

  test('HEAD on a branch that is not there: names those that are', async () => {
    const folder = scriptedRepository([{ at: T, files: { a: 'x' } }]);
    git(folder, 'symbolic-ref', 'HEAD', 'refs/heads/gone');
    expect(await refusalOf(folder)).toMatchObject({
      code: 'REPOSITORY_EMPTY',
      message: expect.stringMatching(/branch gone.*main/),
    });
  });

  test('no folder, a file, no repository', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'file'), '');
    expect(await refusalOf(join(folder, 'absent'))).toMatchObject({
      code: 'NOT_A_REPOSITORY',
      message: expect.stringContaining('no such folder'),
    });
    expect(await refusalOf(join(folder, 'file'))).toMatchObject({
      code: 'NOT_A_REPOSITORY',
      message: expect.stringContaining('is a file'),
    });
    expect(await refusalOf(folder)).toMatchObject({
      code: 'NOT_A_REPOSITORY',
      message: expect.stringContaining('finds no repository'),
    });
  });

  test('a damaged repository: refused before or at the damage, never taken for a short history', async () => {
    const folder = scriptedRepository(
      [0, 1, 2].map((index) => ({ at: T + index, files: { 'a.ts': linesOf(index + 1) } })),
    );
    const objects = join(folder, '.git', 'objects');
    const drop = (name: string): void => {
      const id = git(folder, 'rev-parse', name).trim();
      rmSync(join(objects, id.slice(0, 2), id.slice(2)));
    };
    const middle = git(folder, 'rev-parse', 'main~1').trim();
    drop('main~1:a.ts');
    expect(await refusalOf(folder)).toMatchObject({
      code: 'REPOSITORY_UNREADABLE',
      message: expect.stringContaining('not be read to the end'),
    });
    drop(middle);
    expect(await refusalOf(folder)).toMatchObject({
      code: 'REPOSITORY_UNREADABLE',
      message: expect.stringContaining('can not be read'),
    });
    rmSync(join(objects, '..', 'refs', 'heads', 'main'));
    writeFileSync(join(objects, '..', 'refs', 'heads', 'main'), `${middle}\n`);
    expect((await refusalOf(folder)).code).toBe('REPOSITORY_UNREADABLE');
  });

  test("another user's repository: says how to allow it", async () => {
    if (process.getuid?.() !== 0) return;
    const folder = scriptedRepository([{ at: T, files: { a: 'x' } }]);
    chownSync(folder, 12_345, 12_345);
    chownSync(join(folder, '.git'), 12_345, 12_345);
    expect(await refusalOf(folder)).toMatchObject({
      code: 'REPOSITORY_UNREADABLE',
      message: expect.stringContaining('safe.directory'),
    });
  });

  test('git is not installed', async () => {
    const folder = scriptedRepository([{ at: T, files: { a: 'x' } }]);
    await expect(openHistory(folder, { PATH: folder })).rejects.toMatchObject({ code: 'PREREQUISITE_MISSING' });
  });
});

describe("a stranger's repository", () => {
  test('runs nothing and changes nothing, whatever its configuration names', async () => {
    const folder = scriptedRepository([
      { at: T, files: { '.gitattributes': '*.ts diff=evil filter=evil\n', 'a.ts': 'x\n' } },
      { at: T + 1, files: { 'a.ts': 'y\n' } },
    ]);
    git(folder, 'checkout', '-q', 'main');
    const ran = join(newFolder(), 'ran');
    const evil = join(folder, 'evil.sh');
    writeFileSync(evil, `#!/bin/sh\necho "$0 $*" >> ${ran}\n`);
    chmodSync(evil, 0o755);
    for (const key of [
      'core.fsmonitor',
      'core.pager',
      'core.sshCommand',
      'core.editor',
      'diff.external',
      'diff.evil.textconv',
      'diff.evil.command',
      'filter.evil.clean',
      'filter.evil.smudge',
      'gpg.program',
      'pager.log',
      'pager.rev-list',
      'credential.helper',
      'uploadpack.packObjectsHook',
      'core.alternateRefsCommand',
    ]) {
      git(folder, 'config', key, evil);
    }
    git(folder, 'config', 'log.showSignature', 'true');
    git(folder, 'config', 'alias.log', `!${evil}`);
    for (const hook of ['post-checkout', 'reference-transaction', 'post-index-change']) {
      writeFileSync(join(folder, '.git', 'hooks', hook), `#!/bin/sh\n${evil}\n`, { mode: 0o755 });
    }
    const before = statSync(join(folder, '.git')).mtimeMs;
    expect((await read(folder)).length).toBe(2);
    expect(existsSync(ran)).toBe(false);
    expect(statSync(join(folder, '.git')).mtimeMs).toBe(before);
  });

  test('what a partial clone left out is not fetched, because its configuration names the program', async () => {
    const full = scriptedRepository([
      { at: T, files: { 'a.ts': 'x\n' } },
      { at: T + 1, files: { 'a.ts': 'y\n' } },
    ]);
    git(full, 'config', 'uploadpack.allowFilter', 'true');
    const clone = join(newFolder(), 'clone');
    git(full, 'clone', '-q', '--no-checkout', '--filter=blob:none', `file://${full}`, clone);
    const ran = join(newFolder(), 'ran');
    const evil = join(clone, 'evil.sh');
    writeFileSync(evil, `#!/bin/sh\ntouch ${ran}\nexit 1\n`, { mode: 0o755 });
    git(clone, 'config', 'remote.origin.uploadpack', evil);
    git(clone, 'config', 'protocol.file.allow', 'always');
    expect(await refusalOf(clone)).toMatchObject({
      code: 'REPOSITORY_UNREADABLE',
      message: expect.stringContaining('partial clone'),
    });
    expect(existsSync(ran)).toBe(false);
  });
});
