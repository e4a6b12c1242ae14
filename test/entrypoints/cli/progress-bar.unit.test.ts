import { describe, expect, test } from '@jest/globals';
import { ProgressBar, progressText } from '../../../src/entrypoints/cli/progress-bar.ts';

const terminal = (isTTY: boolean, columns = 100) => {
  const written: string[] = [];
  return { written, isTTY, columns, write: (text: string) => written.push(text) };
};

const SILENT = { err: (): void => undefined };

describe('the text of a bar', () => {
  test('says share, count, rate and what is left', () => {
    expect(progressText({ done: 250, all: 1_000, what: 'signals', elapsedMs: 5_000 })).toBe(
      '[######------------------]  25 %  250 of 1000 signals, 50/s, 15 s left',
    );
  });
  test('no rate before there is one', () => {
    expect(progressText({ done: 10, all: 20, what: 'signals', elapsedMs: 999 })).toBe(
      '[############------------]  50 %  10 of 20 signals',
    );
    expect(progressText({ done: 0, all: 20, what: 'signals', elapsedMs: 9_000 })).toContain('  0 %  0 of 20 signals');
  });
  test('stays at 100 % when more comes than was counted, and when there was nothing', () => {
    expect(progressText({ done: 30, all: 20, what: 'signals', elapsedMs: 1_000 })).toBe(
      '[########################] 100 %  30 of 30 signals, 30/s, 0 s left',
    );
    expect(progressText({ done: 0, all: 0, what: 'signals', elapsedMs: 0 })).toContain('100 %');
  });
});

describe('the bar', () => {
  test('on a terminal it writes over itself, not more often than ten times a second, and leaves nothing', () => {
    let now = 0;
    const out = terminal(true);
    const bar = new ProgressBar(SILENT, 100, 'signals', out, () => now);
    bar.at(0);
    now = 99;
    bar.at(10);
    now = 100;
    bar.at(20);
    bar.end();
    bar.end();
    expect(out.written.map((text) => text.slice(0, 2))).toEqual(['\r[', '\r[', '\r\u001b']);
    expect(out.written[1]).toContain('20 of 100 signals');
    expect(out.written[2]).toBe('\r\u001b[K');
  });
  test('never wraps', () => {
    const out = terminal(true, 20);
    new ProgressBar(SILENT, 100, 'signals', out).at(50);
    expect(out.written[0]).toBe('\r[############------\u001b[K');
  });
  test('is there on a terminal that does not know its size', () => {
    const out = terminal(true, 0);
    new ProgressBar(SILENT, 100, 'signals', out).at(50);
    expect(out.written[0]).toBe('\r[############------------]  50 %  50 of 100 signals\u001b[K');
  });
  test('where there is no terminal it is a line anew every ten seconds, and none of a short run', () => {
    let now = 5_000;
    const lines: string[] = [];
    const out = terminal(false);
    const bar = new ProgressBar({ err: (line) => lines.push(line) }, 100, 'signals', out, () => now);
    bar.at(10);
    now = 14_999;
    bar.at(20);
    expect(lines).toEqual([]);
    now = 15_000;
    bar.at(30);
    bar.at(40);
    now = 25_000;
    bar.at(50);
    bar.end();
    expect(lines.map((line) => /\d+ of 100 signals/.exec(line)?.[0])).toEqual([
      '30 of 100 signals',
      '50 of 100 signals',
    ]);
    expect(out.written).toEqual([]);
  });
});
