import { finishDeletion } from '../storage/blob-sweeper.js';
import type { ImageStore } from '../storage/image-store.js';
import type { Database } from '../database/database.js';
import type { Finding } from './finding.js';

const none = { templateIds: [], imageKeys: [], keyOwners: [] };

/** Looks for rows that contradict each other, and for damage that the database engine finds. */
export async function* checkRows(
  { consistency, blobs }: Pick<Database, 'consistency' | 'blobs'>,
  images: ImageStore,
): AsyncIterable<Finding> {
  for (const finding of await consistency.damage())
    yield {
      problem: `The database file is damaged: ${finding}`,
      remedy: 'stop the service and restore a backup',
    };
  const { templateIds, imageKeys, keyOwners } = await consistency.strays();
  for (const templateId of templateIds)
    yield {
      problem: `Template ${templateId} belongs to a user who does not exist`,
      remedy: 'delete the template',
      repair: async () => {
        await consistency.removeStrays({ ...none, templateIds: [templateId] });
        return true;
      },
    };
  for (const key of imageKeys)
    yield {
      problem: `${key} belongs to a user who does not exist`,
      remedy: 'delete file and rows',
      repair: async () => {
        await consistency.removeStrays({ ...none, imageKeys: [key] });
        return finishDeletion(key, blobs, images);
      },
    };
  for (const userId of keyOwners)
    yield {
      problem: 'A key belongs to a user who does not exist',
      remedy: 'delete the key',
      repair: async () => {
        await consistency.removeStrays({ ...none, keyOwners: [userId] });
        return true;
      },
    };
}
