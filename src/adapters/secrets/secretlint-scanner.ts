import { setImmediate as nextTurn } from 'node:timers/promises';
import { lintSource } from '@secretlint/core';
import { secretLintProfiler } from '@secretlint/profiler';
import { creator } from '@secretlint/secretlint-rule-preset-recommend';
import type { SecretScanner } from '../../pipeline/ports/secret-scanner.ts';

/**
 * What every match of the preset must contain, rule by rule: a literal each, because the preset costs about a millisecond a call and one
 * regular expression over literals well under a microsecond a text. A test holds that each rule's sample passes this filter.
 */
const HINTS: readonly string[] = [
  // aws: secret access keys; the preset leaves key ids and account ids alone, which are no secrets
  '(?:SECRET|[sS]ecret)_?(?:ACCESS|[aA]ccess)_?(?:KEY|[kK]ey)',
  // gcp, privatekey
  '-----BEGIN',
  // npm
  '_authToken=',
  'npm_',
  // slack
  'xox[abopr]-',
  'xapp-',
  'hooks\\.slack\\.com',
  // basicauth: neither class takes a slash, so a text of slashes is still read once
  ':\\/\\/[-\\w]{1,256}:[-\\w]{1,256}@',
  // database-connection-string
  '(?:mongodb(?:\\+srv)?|mysqlx?|postgres(?:ql)?):\\/\\/',
  // openai, anthropic, groq, huggingface, linear, notion
  'T3BlbkFJ',
  'sk-ant-',
  'gsk_',
  'hf_',
  'lin_api_',
  'ntn_\\d',
  // sendgrid, shopify
  'SG\\.\\w',
  'shp(?:pa|ca|at|ss)_',
  // github, gitlab, grafana, 1password
  'gh[opusr]_',
  'github_pat_',
  'glpat-',
  'glc_',
  'glsa_',
  'ops_ey',
  // vault, vercel, databricks, docker, figma
  'hv[sbr]\\.',
  'vc[piark]_',
  'dapi[A-Fa-f0-9]',
  'dckr_pat_',
  'figd_',
];
const HINT = new RegExp(HINTS.join('|'), 'i');

/** No rule of the preset matches anything shorter. */
const SHORTEST_CHARACTERS = 12;

/** Some rules look only into files of a name or an ending; a text in a record has neither, so it gets those that wake the most of them. */
const AS_FILE = { filePath: '.npmrc', ext: '.json' } as const;

/** A text of the rules' own that switches them off (`secretlint-disable`): in data it would be a way past them. */
const DIRECTIVE = /secretlint-/gi;

/** The one rule that reads its text as a whole, as the JSON file of a service account; every other finds its match anywhere. */
const isWholeFile = (text: string): boolean => text.includes('"private_key') && text.trimStart().startsWith('{');

/** A scan costs 0.1 ms and hardly grows with its text: a hostile document of 80,000 suspicious texts is one scan, not 8 s. */
const sourcesOf = (texts: readonly string[]): readonly string[] => {
  const files = texts.length === 1 ? [] : texts.filter(isWholeFile);
  return [texts.join('\n'), ...files].map((text) => text.replace(DIRECTIVE, 'lint-'));
};

/** secretlint's recommended preset on strings, in process: it reads no file and no configuration (interface 2b). */
export const createSecretlintScanner = (): SecretScanner => {
  const config = { rules: [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: creator, rules: [] }] };
  // It marks 56 points of each scan in the timeline of the process and clears none: 9 KB a scan for ever, and its observer walks through all of
  // them for each new one (60,000 scans did not end within minutes, at 900 MB).
  secretLintProfiler.mark = () => undefined;
  return {
    mayHoldSecret: (text) => text.length >= SHORTEST_CHARACTERS && HINT.test(text),
    scan: async (texts) => {
      for (const content of sourcesOf(texts)) {
        const result = await lintSource({
          source: { content, ...AS_FILE, contentType: 'text' },
          options: { config, locale: 'en', maskSecrets: true, noPhysicFilePath: true },
        });
        const first = result.messages[0];
        if (first !== undefined) return first.ruleId.replace('@secretlint/secretlint-rule-', '');
        // Its promises never leave the micro-task queue: a batch of suspicious records would hold up heartbeats and probes.
        await nextTurn();
      }
      return null;
    },
  };
};
