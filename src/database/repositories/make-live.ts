import { and, eq } from 'drizzle-orm';
import { ServiceError } from '../../errors.js';
import type { Dialect, Queries } from '../dialect.js';

/** Turns an announced blob live. @throws ServiceError UNAVAILABLE when it is no longer announced. */
export async function makeLive(dialect: Dialect, database: Queries, key: string): Promise<void> {
  const { blobs } = dialect.tables;
  const changed = await dialect.changedRows(
    database
      .update(blobs)
      .set({ state: 'live' })
      .where(and(eq(blobs.key, key), eq(blobs.state, 'pending'))),
  );
  if (changed !== 1)
    throw new ServiceError('UNAVAILABLE', {
      cause: new Error('The image was no longer announced: this took longer than an hour.'),
    });
}
