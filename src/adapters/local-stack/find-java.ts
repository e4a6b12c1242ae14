import { MmmError } from '../../errors.ts';
import { runProgram } from './run-program.ts';

export interface Java {
  readonly command: string;
  readonly major: number;
}

const LOWEST_MAJOR = 17;

/** "17.0.15" and "25" give 17 and 25; the old "1.8.0_392" gives 1, which is too old as well. */
export const parseJavaMajor = (output: string): number | undefined => {
  const match = /version "(\d+)/.exec(output);
  return match?.[1] === undefined ? undefined : Number(match[1]);
};

/**
 * Finds Java 17 or later: `java` on the PATH, else the one of JAVA_HOME. The shell expands both, exactly as it does for every
 * program that is started by name; no setting of the engine is read here.
 */
export const findJava = async (): Promise<Java> => {
  const homeAnswer = await runProgram('sh', ['-c', 'printf %s "${JAVA_HOME:+$JAVA_HOME/bin/java}"']);
  const candidates = ['java', homeAnswer.exitCode === 0 ? homeAnswer.output : ''].filter((command) => command !== '');
  const found: string[] = [];
  for (const command of candidates) {
    const result = await runProgram(command, ['-version']);
    const major = result.exitCode === 0 ? parseJavaMajor(result.output) : undefined;
    if (major !== undefined && major >= LOWEST_MAJOR) return { command, major };
    if (major !== undefined) found.push(String(major));
  }
  const seen = found.length === 0 ? 'none was found' : `found only version ${found.join(' and ')}`;
  throw new MmmError(
    'PREREQUISITE_MISSING',
    `Java 17 or later is needed for Kafka and the schema registry (${seen} on the PATH and in JAVA_HOME). Install a JRE 17 (Debian: apt-get install openjdk-17-jre-headless), or use Docker: --provider docker`,
  );
};
