import { actionLines } from '../../domain/explain/explanation-lines.ts';
import { explanationJson } from '../../domain/explain/explanation-json.ts';
import type { ExplainedHold } from './held-back-samples.ts';
import { printable } from './printable.ts';
import { localTime } from './words.ts';

/** As the report. */
const WIDTH = 100;

/** Later lines stand four further in than the first. */
const wrapped = (line: string): string[] => {
  const indent = line.length - line.trimStart().length;
  const lines: string[] = [];
  let current = ' '.repeat(indent);
  for (const word of line.trimStart().split(' ')) {
    if (current.trim() !== '' && current.length + 1 + word.length > WIDTH) {
      lines.push(current);
      current = ' '.repeat(indent + 4) + word;
    } else current = current.trim() === '' ? current + word : `${current} ${word}`;
  }
  return [...lines, current];
};

const offsetOf = ({ reader: { zone, nowMs } }: ExplainedHold): string => {
  const minutes = Math.round(zone.offsetAt(nowMs) / 60_000);
  const part = (value: number): string => String(Math.abs(value)).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${part(Math.trunc(minutes / 60))}:${part(minutes % 60)}`;
};

/** Nudges that were held back, each with what its gates said to its person and what would have been enough. */
export const explainedLines = (holds: readonly ExplainedHold[], nameOf: (actorId: string) => string): string[] => [
  '',
  'Held back, explained: the latest of each reason',
  ...(holds.length === 0 ? ['  Nothing was held back in the time that is shown.'] : []),
  ...holds
    .flatMap((hold) => {
      const { signal, playbook, action, reader } = hold;
      const commit = signal.commit === null ? '' : `, at commit ${signal.commit.slice(0, 10)}`;
      return [
        '',
        `${nameOf(hold.actorId)}   ${localTime(reader.nowMs, offsetOf(hold))}${commit}`,
        `  ${playbook.name} (${playbook.playbookId})`,
        ...actionLines(action, reader).map((line) => `  ${line}`),
      ];
    })
    .map(printable)
    .flatMap(wrapped),
];

export const explainedJson = (holds: readonly ExplainedHold[], nameOf: (actorId: string) => string): object[] =>
  holds.map(({ actorId, signal, reader, playbook, action }) => ({
    who: nameOf(actorId),
    at: new Date(reader.nowMs).toISOString(),
    event_type: signal.event_type,
    commit: signal.commit,
    explanation: explanationJson({ result: 'decided', playbooks: [{ ...playbook, actions: [action] }] }, reader),
  }));
