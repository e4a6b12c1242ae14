import { userInfo } from 'node:os';

/** Who gives the command, for the audit: the account of the machine, which is all a command line can know. */
export const operatorName = (): string => {
  try {
    return `cli:${userInfo().username}`;
  } catch {
    // An account without an entry (containers with a random number): the number is all there is.
    return `cli:uid ${process.getuid?.() ?? 'unknown'}`;
  }
};
