type Close = () => Promise<unknown>;

/**
 * Ends the parts of the service in the order in which they need each other: first the API takes no new requests and
 * finishes the running ones while background jobs end, then every other part closes, the last opened first. A part
 * that fails to close keeps no other from closing.
 */
export class Shutdown {
  readonly #api: Close[] = [];
  readonly #jobs: Close[] = [];
  readonly #parts: Close[] = [];
  #run: Promise<void> | undefined;

  /** Stops first, so that readiness changes at once. */
  api(stop: Close): void {
    this.#api.push(stop);
  }

  /** Stops beside the API: requests need no background job, and a job may wait long for storage that hangs. */
  job(stop: Close): void {
    this.#jobs.push(stop);
  }

  /** Closes after the API and all jobs, which may use it until then. */
  part(close: Close): void {
    this.#parts.push(close);
  }

  /**
   * Closes everything once; later calls wait for the first.
   * @throws AggregateError of what failed, after everything was tried.
   */
  run(): Promise<void> {
    return (this.#run ??= this.#closeAll());
  }

  async #closeAll(): Promise<void> {
    const failures: unknown[] = [];
    const close = async (closers: readonly Close[]): Promise<void> => {
      // Each in a promise of its own, so that one which throws at once stops no other either.
      const outcomes = await Promise.allSettled(closers.map(async (closer) => closer()));
      for (const outcome of outcomes) if (outcome.status === 'rejected') failures.push(outcome.reason);
    };
    await close([...this.#api, ...this.#jobs]);
    for (const part of this.#parts.reverse()) await close([part]);
    if (failures.length > 0)
      throw new AggregateError(failures, `${failures.length} parts of the service could not be closed.`);
  }
}
