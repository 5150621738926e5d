/**
 * Yields batch after batch, each while the next is already being read.
 * @param read the next batch; an empty one is the last.
 */
export async function* readAhead<Row>(read: () => Promise<readonly Row[]>): AsyncGenerator<readonly Row[]> {
  let next = read();
  try {
    for (let batch = await next; batch.length > 0; batch = await next) {
      next = read();
      // The consumer of this batch learns of a failure when it asks for the next.
      next.catch(() => undefined);
      yield batch;
    }
  } finally {
    await next.catch(() => undefined);
  }
}
