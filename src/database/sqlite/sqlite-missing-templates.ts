import { and, asc, count, eq, gt, isNull, sql } from 'drizzle-orm';
import type { MissingTemplates, UnembeddedImage, UnembeddedPage } from '../../users/missing-templates.js';
import type { Vault } from '../../protection/vault.js';
import type { StoredTemplate } from '../../records.js';
import { encodeVector } from '../../protection/vector-bytes.js';
import { recordChanges } from './gallery-clock.js';
import type { SqliteSession } from './sqlite-session.js';
import { keyColumns } from './sealed-columns.js';
import { images, templates, userKeys } from './tables.js';

// The plus keeps SQLite from looking through every template of the model for each image (https://sqlite.org/optoverview.html#uplus).
const ofModel = (modelId: string) =>
  and(eq(templates.imageKey, images.key), eq(sql`+${templates.modelId}`, modelId));

export class SqliteMissingTemplates implements MissingTemplates {
  constructor(
    private readonly session: SqliteSession,
    private readonly vault: Vault,
  ) {}

  async count(modelId: string): Promise<number> {
    const [row] = await this.session.read((database) =>
      database
        .select({ images: count() })
        .from(images)
        .leftJoin(templates, ofModel(modelId))
        .where(isNull(templates.id)),
    );
    return row?.images ?? 0;
  }

  page({ modelId, userId, first, after }: UnembeddedPage): Promise<UnembeddedImage[]> {
    return this.session.read((database) =>
      database
        .select({ userId: images.userId, key: images.key })
        .from(images)
        .leftJoin(templates, ofModel(modelId))
        .where(
          and(
            isNull(templates.id),
            userId === undefined ? undefined : eq(images.userId, userId),
            after === undefined ? undefined : gt(images.key, after),
          ),
        )
        .orderBy(asc(images.key))
        .limit(first),
    );
  }

  add({ userId, key }: UnembeddedImage, template: Omit<StoredTemplate, 'userId'>): Promise<boolean> {
    const { templateId, modelId, vector } = template;
    return this.session.write(async (database) => {
      const [image] = await database
        .select({ templateId: templates.id })
        .from(images)
        .leftJoin(templates, ofModel(modelId))
        .where(and(eq(images.key, key), eq(images.userId, userId)))
        .limit(1);
      if (!image || image.templateId !== null) return false;
      const [stored] = await database
        .select({ userId: userKeys.userId, ...keyColumns })
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
      await recordChanges(database, [{ op: 'add', templateId }]);
      return true;
    });
  }
}
