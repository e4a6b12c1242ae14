import type { Command } from 'commander';
import { explanationJson } from '../../domain/explain/explanation-json.ts';
import { explanationLines } from '../../domain/explain/explanation-lines.ts';
import { momentWords } from '../../domain/explain/moment-words.ts';
import { explainRecorded, type RecordedExplanation } from '../../replay/explain/explain-recorded.ts';
import { printable, printableJson } from '../../replay/try/printable.ts';
import { loadConfig } from '../../runtime/config.ts';
import { recordedDeps } from '../composition/recorded.ts';
import { openStore } from '../composition/store.ts';
import type { CliCommand, CliIo } from './command.ts';
import { SILENT_LOGGER } from './silent-logger.ts';

/** No id of a person: whoever asks has named the signal, and what is printed may be passed on to the person it is about. */
const asJson = (found: RecordedExplanation): object => ({
  signal_id: found.signalId,
  decision_id: found.decisionId,
  event_type: found.signal.event_type,
  severity: found.signal.severity,
  repo_id: found.signal.repo_id,
  occurred_at: found.signal.occurred_at,
  decided_at: new Date(found.decidedAtMs).toISOString(),
  time_zone: found.reader.zone.name,
  reproduced: found.reproduced,
  notes: found.notes,
  ...explanationJson(found.explanation, found.reader),
});

const headline = ({ signal, decidedAtMs, reader }: RecordedExplanation): string => {
  const where = signal.repo_id === null ? '' : ` in ${signal.repo_id}`;
  // Against another day, so that the day is named.
  const when = momentWords(decidedAtMs, reader.zone, 0);
  return `${signal.event_type}${where}, severity ${signal.severity}, decided ${when} (${reader.zone.name})`;
};

const asLines = (found: RecordedExplanation): string[] => [
  headline(found),
  '',
  ...explanationLines(found.explanation, found.reader),
  ...(found.explanation.playbooks.length === 0 ? ['There was no playbook to look at it.', ''] : []),
  ...(found.reproduced ? ['Planning again gave exactly what is recorded.'] : []),
  ...found.notes.map((note) => `Note: ${note}.`),
];

const explainOne = async (io: CliIo, id: string, tenantId: string): Promise<void> => {
  const store = await openStore(loadConfig(), SILENT_LOGGER, 'command');
  try {
    const found = await explainRecorded(recordedDeps(store), tenantId, id);
    if (io.json) io.out(printableJson(asJson(found)));
    else for (const line of asLines(found)) io.out(printable(line));
  } finally {
    await store.close();
  }
};

export const explainCommand: CliCommand = {
  name: 'explain',
  summary: 'why a signal led to a nudge or did not, and what would have been enough',
  register: (program: Command, io: CliIo) => {
    program
      .command('explain')
      .description(
        `${explainCommand.summary}: every playbook of the tenant, what each gate said, and the smallest single change; also for nudges that never were`,
      )
      .argument('<id>', 'id of a signal (ours, or the one that its producer gave it), a decision or an action')
      .requiredOption('--tenant <id>', 'whose it is')
      .action(async (id: string, { tenant }: { tenant: string }) => await explainOne(io, id, tenant));
  },
};
