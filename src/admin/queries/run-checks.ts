import { ERRORS, MmmError } from '../../errors.ts';

/** `warn`: the engine runs without it, worse. `skipped`: what it stands on is not there. */
export type CheckStatus = 'ok' | 'warn' | 'fail' | 'skipped';

export interface CheckResult {
  readonly name: string;
  readonly status: CheckStatus;
  readonly detail: string;
  /** What to do; null when nothing is. */
  readonly remedy: string | null;
}

export interface Check {
  readonly name: string;
  /** Names of checks that must not have failed. */
  readonly needs: readonly string[];
  /** True: a failure is a warning. */
  readonly optional: boolean;
  /** Resolves with what was found; throws what is wrong. */
  run(): Promise<string>;
}

/** A check whose failure makes the engine unable to run, or with `optional` only worse. */
export const check = (name: string, needs: readonly string[], run: () => Promise<string>, optional = false): Check => ({
  name,
  needs,
  optional,
  run,
});

/** The slowest honest answer is a broker's, some seconds; a check that hangs must not hide the others. */
const CHECK_LIMIT_MS = 20_000;

const within = async (work: Promise<string>): Promise<string> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new MmmError('DEPENDENCY_UNAVAILABLE', `no answer within ${CHECK_LIMIT_MS / 1000} s`)),
      CHECK_LIMIT_MS,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

const failed = (failing: Check, error: unknown): CheckResult => {
  const status = failing.optional ? 'warn' : 'fail';
  if (!(error instanceof MmmError)) {
    const detail = error instanceof Error ? error.message : String(error);
    return { name: failing.name, status, detail, remedy: ERRORS.INTERNAL_ERROR.remedy };
  }
  const facts = Object.entries(error.details).map(([name, value]) => `${name}: ${value}`);
  const detail = [`${error.code}: ${error.message}`, ...facts].join('; ');
  return { name: failing.name, status, detail, remedy: ERRORS[error.code].remedy };
};

/** Runs checks one after the other, in order; tells each result as soon as it is there. */
export const runChecks = async (
  checks: readonly Check[],
  onResult: (result: CheckResult) => void,
): Promise<readonly CheckResult[]> => {
  const results: CheckResult[] = [];
  for (const one of checks) {
    const missing = one.needs.filter((name) => results.some((known) => known.name === name && known.status !== 'ok'));
    let result: CheckResult;
    if (missing.length > 0) {
      result = {
        name: one.name,
        status: 'skipped',
        detail: `not looked at: ${missing.join(', ')} first`,
        remedy: null,
      };
    } else {
      try {
        result = { name: one.name, status: 'ok', detail: await within(one.run()), remedy: null };
      } catch (error) {
        result = failed(one, error);
      }
    }
    results.push(result);
    onResult(result);
  }
  return results;
};
