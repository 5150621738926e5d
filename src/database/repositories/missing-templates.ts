import { and, asc, count, eq, gt, isNull, lte, sql } from 'drizzle-orm';
import { encodeVector } from '../../protection/vector-bytes.js';
import type { Vault } from '../../protection/vault.js';
import type { StoredTemplate } from '../../records.js';
import type {
  MissingTemplates,
  UnembeddedImage,
  UnembeddedPage,
} from '../../users/reembedding/missing-templates.js';
import type { Dialect, Tables } from '../dialect.js';
import type { Session } from '../session.js';
import { inRanges, RANGE_SIZE, type KeyRange } from './paging/in-ranges.js';
import { recordChanges } from './record-changes.js';
import { keyColumns } from './columns.js';

/**
 * Joins an image with its template of a model. As a bare column the model would tempt SQLite to look through all
 * templates of the model for each image.
 */
function ofModel({ images, templates }: Tables, modelId: string) {
  return and(eq(templates.imageKey, images.key), eq(sql`coalesce(${templates.modelId}, '')`, modelId));
}

export class SqlMissingTemplates implements MissingTemplates {
  constructor(
    private readonly session: Pick<Session, 'read' | 'write'>,
    private readonly dialect: Dialect,
    private readonly vault: Vault,
  ) {}

  async count(modelId: string): Promise<number> {
    const { tables } = this.dialect;
    const { images, templates } = tables;
    const [row] = await this.session.read((database) =>
      database
        .select({ images: count() })
        .from(images)
        .leftJoin(templates, ofModel(tables, modelId))
        .where(isNull(templates.id)),
    );
    return row?.images ?? 0;
  }

  page({ modelId, userId, first, after = '' }: UnembeddedPage): Promise<UnembeddedImage[]> {
    const { tables } = this.dialect;
    const { images, templates } = tables;
    const search = (range: KeyRange) =>
      this.session.read((database) =>
        database
          .select({ userId: images.userId, key: images.key })
          .from(images)
          .leftJoin(templates, ofModel(tables, modelId))
          .where(
            and(
              isNull(templates.id),
              userId === undefined ? undefined : eq(images.userId, userId),
              gt(images.key, range.after),
              range.upTo === undefined ? undefined : lte(images.key, range.upTo),
            ),
          )
          .orderBy(asc(images.key))
          .limit(first),
      );
    // One user has few images.
    if (userId !== undefined) return search({ after, upTo: undefined });
    const endOf = async (from: string) => {
      const [end] = await this.session.read((database) =>
        database
          .select({ key: images.key })
          .from(images)
          .where(gt(images.key, from))
          .orderBy(asc(images.key))
          .limit(1)
          .offset(RANGE_SIZE - 1),
      );
      return end?.key;
    };
    return inRanges({ after, first }, endOf, search);
  }

  add({ userId, key }: UnembeddedImage, template: Omit<StoredTemplate, 'userId'>): Promise<boolean> {
    const { tables } = this.dialect;
    const { images, templates, userKeys, users } = tables;
    const { templateId, modelId, vector } = template;
    return this.session.write(async (database, { uncertain }) => {
      // Locked first, as a deletion does: neither overtakes the other, and of two additions the second sees the first.
      const [user] = await this.dialect.locked(
        database.select({ id: users.id }).from(users).where(eq(users.id, userId)),
      );
      if (!user) return false;
      const [image] = await database
        .select({ templateId: templates.id })
        .from(images)
        .leftJoin(templates, ofModel(tables, modelId))
        .where(and(eq(images.key, key), eq(images.userId, userId)))
        .limit(1);
      if (uncertain && image?.templateId === templateId) return true;
      if (!image || image.templateId !== null) return false;
      const [stored] = await database
        .select({ userId: userKeys.userId, ...keyColumns(tables) })
        .from(userKeys)
        .where(eq(userKeys.userId, userId));
      await database.insert(templates).values({
        id: templateId,
        userId,
        imageKey: key,
        modelId,
        vector: stored
          ? this.vault.unwrap(stored).sealTemplate({ templateId, modelId }, vector)
          : encodeVector(vector),
      });
      await recordChanges(this.dialect, database, [{ op: 'add', templateId }]);
      return true;
    });
  }
}
