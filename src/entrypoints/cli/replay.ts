import type { Command } from 'commander';
import { MmmError } from '../../errors.ts';
import { documentOf } from '../../replay/plan/approval.ts';
import { approvePlan, makePlan, readPlan } from '../../replay/plan/make-plan.ts';
import type { PlanDocument } from '../../replay/plan/plan-document.ts';
import { documentJson, planJson } from '../../replay/plan/plan-json.ts';
import type { StoredPlan } from '../../replay/plan/plan-store.ts';
import { countWords, planLine, planLines, shownState } from '../../replay/plan/plan-words.ts';
import type { RunAnswer } from '../../replay/run/run-plan.ts';
import type { ShadowReport } from '../../replay/shadow/shadow-report.ts';
import { shadowLines } from '../../replay/shadow/shadow-words.ts';
import { printable, printableJson } from '../../replay/try/printable.ts';
import { loadConfig } from '../../runtime/config.ts';
import { callerOfFile } from '../composition/replay-caller.ts';
import { groundFor } from '../composition/replay-ground.ts';
import { openReplayReading, type ReplayReading } from '../composition/replay-reading.ts';
import type { CliCommand, CliIo } from './command.ts';
import { interruptible } from './interruptible.ts';
import { operatorName } from './operator.ts';
import { ProgressBar } from './progress-bar.ts';
import {
  DEFAULT_RATE,
  parseMode,
  parseOffsets,
  parseRate,
  parseRules,
  type PlanOptions,
  requestOf,
} from './replay-options.ts';
import { SILENT_LOGGER } from './silent-logger.ts';

/** Old plans are history; the audit has all of them. */
const LISTED_MAX = 50;

const withReading = async <T>(work: (reading: ReplayReading) => Promise<T>): Promise<T> => {
  const reading = await openReplayReading(loadConfig(), SILENT_LOGGER);
  try {
    return await work(reading);
  } finally {
    await reading.close();
  }
};

const say = (io: CliIo, lines: readonly string[]): void => {
  for (const line of lines) io.out(printable(line));
};

const plan = async (io: CliIo, modeText: string, options: PlanOptions): Promise<void> => {
  const mode = parseMode(modeText);
  const config = loadConfig();
  const caller = await callerOfFile(config, SILENT_LOGGER, options.tokenFile);
  if (options.tenant !== undefined && options.tenant !== caller.tenantId)
    throw new MmmError('FORBIDDEN', `the token is of tenant ${caller.tenantId}, not of ${options.tenant}`);
  await withReading(async (reading) => {
    const request = requestOf(mode, options, await reading.store.now());
    const ground = (draft: Omit<PlanDocument, 'ground'>): ReturnType<typeof groundFor> =>
      groundFor(reading, config, draft);
    const { document, digest } = await makePlan({ ...reading, ground }, caller, request);
    if (io.json) return io.out(printableJson(documentJson(document, digest)));
    say(io, planLines(document, digest));
    if (digest === null) return io.out('There is nothing to do: no plan was kept.');
    say(io, [
      '',
      'Nothing has been sent. Somebody else with the role mmm_admin looks at this and says:',
      `  mmm replay approve ${document.planId} --token-file <file with their token>`,
    ]);
  });
};

const approve = async (io: CliIo, planId: string, { tokenFile }: { readonly tokenFile: string }): Promise<void> => {
  const caller = await callerOfFile(loadConfig(), SILENT_LOGGER, tokenFile);
  await withReading(async (reading) => {
    const document = await approvePlan(reading, caller, planId);
    const { plan: stored } = await readPlan(reading, caller.tenantId, planId);
    if (io.json) return io.out(printableJson(planJson(stored, document, await reading.store.now())));
    say(io, [
      ...planLines(document, stored.digest),
      `  ${'approved'.padEnd(12)} by ${caller.subject}, who has signed the digest`,
      '',
      'Nothing has been sent yet. To run it:',
      `  mmm replay run ${planId} --tenant ${caller.tenantId}`,
    ]);
  });
};

/** The way out is loaded only for a plan that sends: a shadow's process never has one (G8). */
const runIt = async (io: CliIo, reading: ReplayReading, document: PlanDocument): Promise<RunAnswer> => {
  const config = loadConfig();
  const { tenantId, planId, mode, ground } = document;
  const request = { tenantId, planId, by: operatorName() };
  const line = new ProgressBar(io, ground.items, mode === 'shadow' ? 'lines' : 'records');
  try {
    if (mode === 'shadow') {
      const { runShadowPlan } = await import('../composition/replay-shadow.ts');
      return await runShadowPlan(reading, config, request, () => undefined);
    }
    const { runSendingPlan } = await import('../composition/replay-sending.ts');
    const onProgress = (done: number): void => line.at(done);
    return await interruptible((signal) =>
      runSendingPlan(reading, config, request, { logger: SILENT_LOGGER, signal, onProgress }),
    );
  } finally {
    line.end();
  }
};

const answerLines = ({ document, report }: RunAnswer): string[] => {
  if (document.mode === 'shadow' && document.selection.deadLetters === null) return shadowLines(report as ShadowReport);
  if (document.mode === 'shadow')
    return [
      `${document.ground.items} dead letters would be taken now.`,
      ...countWords(document.ground.leftOut).map((words) => `  ${words}`),
    ];
  const { sent, dropped } = report as { readonly sent: number; readonly dropped: Readonly<Record<string, number>> };
  return [
    `${sent} of ${document.ground.items} records sent, each marked mmm-replay-id ${document.planId}.`,
    ...countWords(dropped).map((words) => `  not sent: ${words}`),
  ];
};

const run = async (io: CliIo, planId: string, { tenant }: { readonly tenant: string }): Promise<void> => {
  await withReading(async (reading) => {
    const { plan: stored, document } = await readPlan(reading, tenant, planId);
    const { upto } = stored.progress.settled;
    if (!io.json && stored.state !== 'done' && upto > 0)
      io.err(`An earlier run has dealt with ${upto} of ${document.ground.items}: this one goes on from there.`);
    const answer = await runIt(io, reading, document);
    const receipt = JSON.parse(answer.receipt) as { readonly receipt_id: string };
    if (io.json)
      return io.out(printableJson({ plan_id: planId, done_before: answer.before, report: answer.report, receipt }));
    say(io, [
      ...(answer.before ? [`Plan ${planId} was done before: nothing was sent now. It came to this:`] : []),
      ...answerLines(answer),
      `Receipt ${receipt.receipt_id}: planned by ${stored.plannedBy}, approved by ${stored.approvedBy ?? ''}${document.mode === 'shadow' ? '' : '; it is in mmm.receipts'}.`,
    ]);
  });
};

/** Null for a plan that was altered: it is listed, and can not be run. */
const readable = (reading: ReplayReading, stored: StoredPlan): PlanDocument | null => {
  try {
    return documentOf(reading.ids, stored);
  } catch (error) {
    if (error instanceof MmmError && error.code === 'REPLAY_ALTERED') return null;
    throw error;
  }
};

const stateWords = (stored: StoredPlan, nowMs: number): string => {
  const state = shownState(stored, nowMs);
  if (state !== 'running' || stored.startedAtMs === null) return state;
  const since = new Date(stored.startedAtMs).toISOString().slice(0, 19).replace('T', ' ');
  return `running since ${since} UTC; if that process is gone, give run again: it goes on where it was`;
};

const status = async (
  io: CliIo,
  planId: string | undefined,
  { tenant }: { readonly tenant: string },
): Promise<void> => {
  await withReading(async (reading) => {
    const nowMs = await reading.store.now();
    if (planId === undefined) {
      const plans = await reading.store.list(tenant, LISTED_MAX);
      if (io.json)
        return io.out(printableJson({ plans: plans.map((one) => planJson(one, readable(reading, one), nowMs)) }));
      if (plans.length === 0) return io.out(`Tenant ${tenant} has no replay plans.`);
      return say(
        io,
        plans.map((one) => planLine(one, readable(reading, one), nowMs)),
      );
    }
    const { plan: stored, document } = await readPlan(reading, tenant, planId);
    if (io.json) return io.out(printableJson(planJson(stored, document, nowMs)));
    const { settled } = stored.progress;
    say(io, [
      ...planLines(document, stored.digest),
      ...(stored.approvedBy === null ? [] : [`  ${'approved'.padEnd(12)} by ${stored.approvedBy}`]),
      ...(settled.upto === 0
        ? []
        : [`  ${'so far'.padEnd(12)} ${settled.upto} of ${document.ground.items} dealt with, ${settled.sent} sent`]),
      ...countWords(settled.dropped).map((words) => `  ${'not sent'.padEnd(12)} ${words}`),
      ...(stored.failure === null ? [] : [`  ${'ended early'.padEnd(12)} ${stored.failure}`]),
      `  ${'state'.padEnd(12)} ${stateWords(stored, nowMs)}`,
    ]);
  });
};

const HELP = `
  shadow       decides the selected signals again, by the rules of now or of their time, and tells the difference. Nothing can be sent.
  reconcile    compares the outputs with what was decided, by id, and publishes only what is missing.
  redeliver    sends stored deliveries once more with the same delivery_id, or (--dead-letters) offers refused records again.
Times are when a signal was decided (dead letters: refused). What is sent is marked mmm-replay-id and mmm-replay-of.
A plan counts and sends nothing. It is valid for 24 hours, needs the approval of a second mmm_admin, and does not run if what it
counted has moved. A run that was killed can be given again: it goes on where it was, and nothing is sent twice.`;

export const replayCommand: CliCommand = {
  name: 'replay',
  summary:
    'decide again in the shadow, publish what is missing, or send once more: planned, approved by a second person, run',
  register: (program: Command, io: CliIo) => {
    const replay = program.command('replay').description(replayCommand.summary).addHelpText('after', HELP);
    replay
      .command('plan')
      .description('count what a replay would come to, and keep it as a plan; sends nothing')
      .argument('<mode>', 'shadow, reconcile or redeliver')
      .requiredOption('--token-file <file>', 'token of an mmm_admin of the tenant; - for standard input')
      .option('--tenant <id>', 'refuse if the token is of another tenant')
      .option(
        '--since <age or time>',
        'from here on (2h, 2026-03-01, 2026-03-01T09:00:00Z; default 24h, with --offsets all)',
      )
      .option('--until <age or time>', 'before this; default now')
      .option('--actor <id>', 'of this actor only')
      .option('--playbook <id>', 'of this playbook only')
      .option('--offsets <topic:partition:first-last>', 'of mmm.signals or of a raw topic', parseOffsets)
      .option('--dead-letters', 'records of mmm.dlq instead of signals')
      .option('--code <code>', 'dead letters of this code')
      .option('--stage <stage>', 'dead letters of this stage')
      .option('--topic <topic>', 'dead letters that were refused from this topic')
      .option('--rules <now or then>', 'shadow: by the rules of now (default), or by those of their time', parseRules)
      .option('--rate <n>', 'at most so many records a second', parseRate, DEFAULT_RATE)
      .addHelpText('after', HELP)
      .action(async (mode: string, options: PlanOptions) => await plan(io, mode, options));
    replay
      .command('approve')
      .description("a second person's yes: signs the digest of the plan")
      .argument('<plan>', 'id of the plan')
      .requiredOption('--token-file <file>', 'token of another mmm_admin of the tenant; - for standard input')
      .action(async (planId: string, options: { tokenFile: string }) => await approve(io, planId, options));
    replay
      .command('run')
      .description('run an approved plan; given again, it goes on where it was')
      .argument('<plan>', 'id of the plan')
      .requiredOption('--tenant <id>', 'whose it is')
      .action(async (planId: string, options: { tenant: string }) => await run(io, planId, options));
    replay
      .command('status')
      .description('plans with their state and how far they are; with an id everything about one')
      .argument('[plan]', 'id of a plan')
      .requiredOption('--tenant <id>', 'whose they are')
      .action(async (planId: string | undefined, options: { tenant: string }) => await status(io, planId, options));
  },
};
