import type { Config } from '../runtime/config.ts';

/** What `npm start` prints when everything answers: the address, a call to paste, and what to try next. */
export const welcome = async (facts: {
  readonly config: Config;
  readonly urls: { readonly api: string | null; readonly metrics: string | null };
  issueToken(): Promise<string | null>;
}): Promise<string[]> => {
  const { config, urls } = facts;
  const metrics = `${urls.metrics ?? ''}/metrics`;
  if (config.backend === 'distributed' || urls.api === null) {
    return [`mmm-engine runs (${config.backend}).${urls.api === null ? '' : ` API: ${urls.api}`} Metrics: ${metrics}`];
  }
  const token = await facts.issueToken();
  return [
    '',
    `The MMM Engine runs.  API: ${urls.api}   metrics: ${metrics}   data: ${config.dataDir}`,
    ...(token === null
      ? ['No token keys are set: the API answers 401 except for health, ready and openapi.json.']
      : tryIt(urls.api, token)),
    '',
    'What it would have said about your own history (reads a git repository, writes nothing), in this folder:',
    '  npx mmm try <path of a git repository>',
    'Stop with Ctrl-C.  Everything else: npx mmm --help',
  ];
};

const tryIt = (url: string, token: string): string[] => [
  '',
  'Tenant `demo` has the starter playbooks; its quiet hours are off and unknown people are let in, which a real tenant would not want.',
  'Ask for a decision (paste it; the token is for this machine only and lasts 8 hours):',
  '',
  `  TOKEN=${token}`,
  `  curl -s ${url}/v1/mmm/decide -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\`,
  `    -d '${EXAMPLE}'`,
  '',
  'Then read what was decided:',
  `  curl -s ${url}/v1/mmm/decisions -H "Authorization: Bearer $TOKEN"`,
];

/** A commit whose size a starter playbook has something to say about. */
const EXAMPLE = JSON.stringify({
  surface: 'ide',
  signal: {
    signal_type: 'commit_pushed',
    resource: { repository: 'org/demo' },
    payload: {
      files_changed: 31,
      source_files: 28,
      test_files: 0,
      generated_files: 1,
      insertions: 1840,
      deletions: 210,
      is_fix: false,
      is_revert: false,
    },
  },
});
