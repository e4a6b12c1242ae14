import { InvalidArgumentError } from 'commander';
import { parseDurationMs } from '../../domain/playbook/duration.ts';
import { MmmError } from '../../errors.ts';
import { TOPICS } from '../../generated/topics.ts';
import type { PlanRequest } from '../../replay/plan/make-plan.ts';
import { REPLAY_MODES, type ReplayMode } from '../../replay/plan/plan-document.ts';
import type { OffsetRange } from '../../replay/plan/selection.ts';
import { topicArgument } from './topic-argument.ts';

export interface PlanOptions {
  readonly tokenFile: string;
  readonly tenant?: string;
  readonly since?: string;
  readonly until?: string;
  readonly actor?: string;
  readonly playbook?: string;
  readonly offsets?: OffsetRange;
  readonly deadLetters?: true;
  readonly code?: string;
  readonly stage?: string;
  readonly topic?: string;
  readonly rules?: 'now' | 'then';
  readonly rate: number;
}

/** As long as the journal keeps its lines. */
const ALL_OF_THE_JOURNAL = '30d';
const DEFAULT_SINCE = '24h';
export const DEFAULT_RATE = 20;
const RATE_MAX = 500;

/** A date-time with its zone: without one an operator in another place would be hours off and not see it. */
const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/;

const momentOf = (name: string, text: string, nowMs: number): number => {
  const age = parseDurationMs(text);
  const ms = age !== null ? nowMs - age : TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms))
    throw new MmmError(
      'USAGE',
      `--${name} ${text}: give an age such as 2h, a date (UTC) or a time with its zone: 2026-03-01T09:00:00Z`,
    );
  return ms;
};

export const parseMode = (text: string): ReplayMode => {
  const mode = REPLAY_MODES.find((one) => one === text);
  if (mode === undefined) throw new MmmError('USAGE', `${text} is no mode; there are ${REPLAY_MODES.join(', ')}`);
  return mode;
};

export const parseOffsets = (text: string): OffsetRange => {
  const parts = /^([a-z0-9_.]+):(\d{1,9}):(\d{1,18})-(\d{1,18})$/.exec(text);
  if (parts === null) throw new InvalidArgumentError('give topic:partition:first-last, such as mmm.signals:0:100-250');
  const topic = topicArgument(parts[1]!);
  const { direction, format } = TOPICS[topic];
  if (format === 'none' || (direction !== 'in' && topic !== 'mmm.signals'))
    throw new InvalidArgumentError(`${topic} holds no signals; give mmm.signals or an input topic`);
  const [from, last] = [BigInt(parts[3]!), BigInt(parts[4]!)];
  if (last < from) throw new InvalidArgumentError('the first offset is after the last');
  return { topic, partition: Number(parts[2]), from: from.toString(), to: (last + 1n).toString() };
};

export const parseRate = (text: string): number => {
  const rate = Number(text);
  if (!/^\d{1,3}$/.test(text) || rate < 1 || rate > RATE_MAX)
    throw new InvalidArgumentError(`give a whole number from 1 to ${RATE_MAX}`);
  return rate;
};

export const parseRules = (text: string): 'now' | 'then' => {
  if (text !== 'now' && text !== 'then') throw new InvalidArgumentError('give now or then');
  return text;
};

const refuse = (message: string): never => {
  throw new MmmError('USAGE', message);
};

/** What is asked for, in one piece. Throws USAGE for what does not go together. */
export const requestOf = (mode: ReplayMode, options: PlanOptions, nowMs: number): PlanRequest => {
  const { actor, playbook, offsets, code, stage, topic, rules, rate } = options;
  const letters = options.deadLetters === true;
  if (!letters && (code ?? stage ?? topic) !== undefined) refuse('--code, --stage and --topic select --dead-letters');
  if (letters && mode === 'reconcile') refuse('a dead letter has no outputs to compare: plan redeliver or shadow');
  if (letters && (offsets !== undefined || playbook !== undefined))
    refuse('dead letters are selected by time, code, stage, topic and actor: no playbook has seen them');
  if (rules !== undefined && mode !== 'shadow') refuse('--rules is for shadow: nothing else decides again');
  const since = options.since ?? (offsets === undefined ? DEFAULT_SINCE : ALL_OF_THE_JOURNAL);
  const fromMs = momentOf('since', since, nowMs);
  const toMs = options.until === undefined ? nowMs : Math.min(nowMs, momentOf('until', options.until, nowMs));
  if (fromMs >= toMs) refuse('--since is not before --until');
  return {
    mode,
    rules: mode === 'shadow' && !letters ? (rules ?? 'now') : null,
    ratePerSecond: mode === 'shadow' ? null : rate,
    selection: {
      ...{ fromMs: Math.trunc(fromMs), toMs: Math.trunc(toMs), actorId: actor ?? null, playbookId: playbook ?? null },
      offsets: offsets ?? null,
      deadLetters: letters ? { code: code ?? null, stage: stage ?? null, topic: topic ?? null } : null,
    },
  };
};
