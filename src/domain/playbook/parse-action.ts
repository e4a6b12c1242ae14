import { ACTION_TYPES, SURFACES } from '../vocabulary.ts';
import { FieldReader } from './field-reader.ts';
import type { Finding } from './finding.ts';
import type { PlaybookAction } from './model.ts';

const TITLE_MAX = 200;
const BODY_MAX = 4_000;
const WHY_MAX = 500;

const ACTION_FIELDS = ['type', 'surfaces', 'template', 'model', 'rationale', 'action_ref', 'dual_channel'];

const templateOf = (action: FieldReader): PlaybookAction['template'] => {
  const fields = action.object('template', ['title', 'body']);
  return fields === null ? null : { title: fields.text('title', TITLE_MAX), body: fields.text('body', BODY_MAX) };
};

const modelOf = (action: FieldReader): PlaybookAction['model'] => {
  const fields = action.object('model', ['system_prompt_id']);
  return fields === null ? null : { systemPromptId: fields.text('system_prompt_id', 128) };
};

const rationaleOf = (action: FieldReader): PlaybookAction['rationale'] => {
  const fields = action.object('rationale', ['why_relevant', 'evidence']);
  if (fields === null) return null;
  return {
    whyRelevant: fields.text('why_relevant', WHY_MAX),
    evidence: fields.wordList('evidence', ['signal', 'recent'], true) ?? [],
  };
};

/** What an action type may carry: a Mirror has no model text, only a Multiplier refers to something that will be executed. */
const checkByType = (action: FieldReader, type: PlaybookAction['type']): void => {
  const refuse = (key: string, why: string): void => {
    if (action.has(key)) action.fault(key, `is not for a ${type}`, why);
  };
  const need = (key: string, remedy: string): void => {
    if (!action.has(key)) action.fault(key, `is missing in a ${type}`, remedy);
  };
  if (type !== 'mentor') refuse('model', 'only a mentor may take text from the model lane');
  if (type === 'multiplier') {
    need('action_ref', 'name what Edge or CI executes after consent');
  } else {
    refuse('action_ref', 'only a multiplier offers something to execute');
    refuse('dual_channel', 'only a multiplier needs a second channel');
  }
  if (type !== 'mentor' || !action.has('model')) need('template', 'write title and body');
};

/** One action of a playbook. Consent of a Multiplier is no field at all: it is always required (interface 5, D-35). */
export const parseAction = (value: unknown, path: string, findings: Finding[]): PlaybookAction => {
  const action = new FieldReader(value, path, [...ACTION_FIELDS, 'requires_consent'], findings);
  if (action.has('requires_consent')) {
    action.fault('requires_consent', 'can not be chosen', 'remove it: a multiplier always asks, the others never act');
  }
  const type = action.oneOf('type', ACTION_TYPES);
  if (type === null && !action.has('type')) action.fault('type', 'is missing', `use one of ${ACTION_TYPES.join(', ')}`);
  if (!action.has('surfaces')) action.fault('surfaces', 'is missing', `name one or more of ${SURFACES.join(', ')}`);
  if (type !== null) checkByType(action, type);
  return {
    type: type ?? 'mirror',
    surfaces: action.wordList('surfaces', SURFACES, false) ?? [],
    template: templateOf(action),
    model: modelOf(action),
    rationale: rationaleOf(action),
    actionRef: action.optionalText('action_ref', 128),
    dualChannel: action.boolean('dual_channel') ?? false,
  };
};
