/** Runs asynchronous sections one after the other, in the order they were asked for. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(section: () => Promise<T>): Promise<T> {
    const result = this.#last.then(section, section);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
