/** A wait that others can end. A wake that comes while nobody waits is kept for the next wait, so none is lost in between. */
export class WakeUp {
  #pending = false;
  #end: (() => void) | null = null;

  wake(): void {
    if (this.#end === null) this.#pending = true;
    else this.#end();
  }

  /** True when woken, false after `ms`. */
  async wait(ms: number): Promise<boolean> {
    if (this.#pending) {
      this.#pending = false;
      return true;
    }
    const woken = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), ms);
      this.#end = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
    this.#end = null;
    return woken;
  }
}
