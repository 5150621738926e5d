import { and, asc, count, eq, gt, isNull } from 'drizzle-orm';
import type { MissingTemplates, UnembeddedImage, UnembeddedPage } from '../../users/missing-templates.js';
import type { Vault } from '../../protection/vault.js';
import type { StoredTemplate } from '../../records.js';
import { encodeVector } from '../../protection/vector-bytes.js';
import { recordChanges } from './gallery-clock.js';
import type { MysqlSession } from './mysql-session.js';
import { keyColumns } from './sealed-columns.js';
import { images, templates, userKeys, users } from './tables.js';

const ofModel = (modelId: string) => and(eq(templates.imageKey, images.key), eq(templates.modelId, modelId));

export class MysqlMissingTemplates implements MissingTemplates {
  constructor(
    private readonly session: MysqlSession,
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
    return this.session.write(async (database, { uncertain }) => {
      // Locked first, as a deletion does: neither overtakes the other, and of two additions the second sees the first.
      const [user] = await database
        .select({ id: users.id })
        .from(users)
        .where(eq(users.id, userId))
        .for('update');
      if (!user) return false;
      const [image] = await database
        .select({ templateId: templates.id })
        .from(images)
        .leftJoin(templates, ofModel(modelId))
        .where(and(eq(images.key, key), eq(images.userId, userId)))
        .limit(1);
      if (uncertain && image?.templateId === templateId) return true;
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
