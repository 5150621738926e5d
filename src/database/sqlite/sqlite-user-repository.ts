import { and, asc, eq, gt, inArray } from 'drizzle-orm';
import { ServiceError } from '../../errors.js';
import type { AuditOperation, AuditOrigin } from '../../audit/audit-log.js';
import type { UserKey } from '../../protection/user-key.js';
import type { Vault } from '../../protection/vault.js';
import type { EnrolledFace, Enrolment, PageRequest, UserRepository } from '../../users/user-repository.js';
import type { StoredTemplate, User } from '../../records.js';
import { holdsExactly } from '../repositories/holds-exactly.js';
import { recordChanges } from './gallery-clock.js';
import type { Queries } from './sqlite-connection.js';
import type { SqliteSession } from './sqlite-session.js';
import { appendToAuditLog } from './sqlite-audit-log.js';
import { makeLive } from './make-live.js';
import { sealedColumns } from './sealed-columns.js';
import { blobs, images, templates, userKeys, users } from './tables.js';

export class SqliteUserRepository implements UserRepository {
  constructor(
    private readonly session: SqliteSession,
    private readonly vault: Vault,
  ) {}

  async find(id: string): Promise<User | null> {
    const [user] = await this.session.read((database) =>
      database.select().from(users).where(eq(users.id, id)),
    );
    return user ?? null;
  }

  list({ first, after }: PageRequest): Promise<User[]> {
    return this.session.read((database) =>
      database
        .select()
        .from(users)
        .where(after === undefined ? undefined : gt(users.id, after))
        .orderBy(asc(users.id))
        .limit(first),
    );
  }

  async templatesOf(userId: string, modelId: string): Promise<StoredTemplate[]> {
    const rows = await this.session.read((database) =>
      database
        .select(sealedColumns)
        .from(templates)
        .leftJoin(userKeys, eq(userKeys.userId, templates.userId))
        .where(and(eq(templates.userId, userId), eq(templates.modelId, modelId)))
        .orderBy(asc(templates.id)),
    );
    return rows.map((row) => this.vault.openTemplate(row));
  }

  enrol({ user, key, moreFaces = [], ...face }: Enrolment, origin: AuditOrigin): Promise<void> {
    return this.session.write(async (database) => {
      const inserted = await database
        .insert(users)
        .values(user)
        .onConflictDoNothing()
        .returning({ id: users.id });
      if (inserted.length === 0) throw new ServiceError('USER_EXISTS');
      await database.insert(userKeys).values(key.stored);
      await insertFaces(database, key, [face, ...moreFaces]);
      await note(database, 'register', key.stored, origin);
    });
  }

  enrolExisting(key: UserKey, face: EnrolledFace, origin: AuditOrigin): Promise<void> {
    const { userId } = key.stored;
    return this.session.write(async (database) => {
      const [user] = await database.select({ id: users.id }).from(users).where(eq(users.id, userId));
      if (!user) throw new ServiceError('USER_NOT_FOUND');
      const [enrolled] = await database
        .select({ id: templates.id })
        .from(templates)
        .where(and(eq(templates.userId, userId), eq(templates.modelId, face.template.modelId)))
        .limit(1);
      if (enrolled) throw new ServiceError('USER_EXISTS');
      await assertOwnKey(database, key);
      await insertFaces(database, key, [face]);
      await note(database, 'register', key.stored, origin);
    });
  }

  addFace(
    key: UserKey,
    besides: readonly string[],
    face: EnrolledFace,
    origin: AuditOrigin,
  ): Promise<boolean> {
    const { userId } = key.stored;
    return this.session.write(async (database) => {
      const present = await database
        .select({ id: templates.id })
        .from(templates)
        .where(and(eq(templates.userId, userId), eq(templates.modelId, face.template.modelId)));
      if (!holdsExactly(present, besides)) return false;
      await assertOwnKey(database, key);
      await insertFaces(database, key, [face]);
      await note(database, 'add-image', key.stored, origin);
      return true;
    });
  }

  async remove(id: string, origin: AuditOrigin): Promise<{ imageKeys: string[] } | null> {
    const removed = await this.session.write(async (database) => {
      const removedTemplates = await database
        .delete(templates)
        .where(eq(templates.userId, id))
        .returning({ templateId: templates.id });
      const removedImages = await database
        .delete(images)
        .where(eq(images.userId, id))
        .returning({ key: images.key });
      const [key] = await database
        .delete(userKeys)
        .where(eq(userKeys.userId, id))
        .returning({ pseudonym: userKeys.pseudonym });
      const removedUsers = await database.delete(users).where(eq(users.id, id)).returning({ id: users.id });
      if (removedUsers.length === 0) return null;
      const imageKeys = removedImages.map(({ key }) => key);
      await database.update(blobs).set({ state: 'deleting' }).where(inArray(blobs.key, imageKeys));
      await recordChanges(
        database,
        removedTemplates.map(({ templateId }) => ({ op: 'remove' as const, templateId })),
      );
      await note(database, 'delete', { userId: id, pseudonym: key?.pseudonym }, origin);
      return { imageKeys };
    });
    if (removed) await this.session.scrub();
    return removed;
  }
}

/** @param pseudonym undefined for a user without a key, of whom nothing was held. */
function note(
  database: Queries,
  operation: AuditOperation,
  { userId, pseudonym }: { readonly userId: string; readonly pseudonym: string | undefined },
  origin: AuditOrigin,
) {
  const pseudonyms = new Map(pseudonym === undefined ? [] : [[userId, pseudonym]]);
  return appendToAuditLog(database, [{ ...origin, operation, outcome: 'done', userId }], pseudonyms);
}

/** A user deleted and registered anew in the meantime has another key, which opens none of this. */
async function assertOwnKey(database: Queries, { stored }: UserKey): Promise<void> {
  const [row] = await database
    .select({ pseudonym: userKeys.pseudonym })
    .from(userKeys)
    .where(eq(userKeys.userId, stored.userId));
  if (row?.pseudonym !== stored.pseudonym)
    throw new ServiceError('UNAVAILABLE', { cause: new Error("The key is no longer the user's own.") });
}

async function insertFaces(database: Queries, key: UserKey, faces: readonly EnrolledFace[]): Promise<void> {
  const { userId } = key.stored;
  for (const { image, template } of faces) {
    if (image !== null) {
      await makeLive(database, image.key);
      await database.insert(images).values({ ...image, userId });
    }
    await database.insert(templates).values({
      id: template.templateId,
      userId,
      imageKey: image?.key ?? null,
      modelId: template.modelId,
      vector: key.sealTemplate(template, template.vector),
    });
  }
  await recordChanges(
    database,
    faces.map(({ template }) => ({ op: 'add', templateId: template.templateId })),
  );
}
