/** Work that runs once beside the service, and ends early when the service stops. */
export abstract class BackgroundJob {
  readonly #end = new AbortController();
  #work: Promise<void> = Promise.resolve();

  start(): void {
    this.#work = this.run(this.#end.signal);
  }

  /** Resolves when the work is complete, or after `stop`. */
  done(): Promise<void> {
    return this.#work;
  }

  /** Resolves when the item under way is done; the next start takes up the rest. */
  async stop(): Promise<void> {
    this.#end.abort();
    await this.#work;
  }

  /**
   * Never rejects: it logs its own failures.
   * @param signal is aborted when the service stops.
   */
  protected abstract run(signal: AbortSignal): Promise<void>;
}
