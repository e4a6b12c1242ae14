import type { Logger } from '../../pipeline/ports/logger.ts';

const nothing = (): void => undefined;

/** For commands that tell the user everything themselves: what fails is thrown. */
export const SILENT_LOGGER: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => SILENT_LOGGER,
};
