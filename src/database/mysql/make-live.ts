import { and, eq } from 'drizzle-orm';
import { ServiceError } from '../../errors.js';
import type { Queries } from './mysql-connection.js';
import { blobs } from './tables.js';

/** Turns an announced blob live. @throws ServiceError UNAVAILABLE when it is no longer announced. */
export async function makeLive(database: Queries, key: string): Promise<void> {
  const [{ affectedRows }] = await database
    .update(blobs)
    .set({ state: 'live' })
    .where(and(eq(blobs.key, key), eq(blobs.state, 'pending')));
  if (affectedRows !== 1)
    throw new ServiceError('UNAVAILABLE', {
      cause: new Error('The image was no longer announced: this took longer than an hour.'),
    });
}
