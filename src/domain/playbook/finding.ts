/** One fault of a definition a person wrote: where it is, what is wrong, how to mend it. */
export interface Finding {
  /** Path into the document, e.g. `actions[0].template.title`; '' = the document itself. */
  readonly path: string;
  readonly message: string;
  readonly remedy: string;
}

export const finding = (path: string, message: string, remedy: string): Finding => ({ path, message, remedy });
