import { and, asc, eq, gt, inArray } from 'drizzle-orm';
import { ServiceError } from '../../errors.js';
import type { AuditOperation, AuditOrigin } from '../../audit/audit-log.js';
import type { UserKey } from '../../protection/user-key.js';
import type { Vault } from '../../protection/vault.js';
import type { EnrolledFace, Enrolment, PageRequest, UserRepository } from '../../users/user-repository.js';
import type { StoredTemplate, User } from '../../records.js';
import { holdsExactly } from '../repositories/holds-exactly.js';
import { recordChanges } from './gallery-clock.js';
import type { Queries } from './mysql-connection.js';
import { isFailure } from './mysql-error.js';
import type { MysqlSession } from './mysql-session.js';
import { appendToAuditLog } from './mysql-audit-log.js';
import { makeLive } from './make-live.js';
import { sealedColumns } from './sealed-columns.js';
import { blobs, images, templates, userKeys, users } from './tables.js';
import { asUser, userColumns } from './user-columns.js';

export class MysqlUserRepository implements UserRepository {
  constructor(
    private readonly session: MysqlSession,
    private readonly vault: Vault,
  ) {}

  async find(id: string): Promise<User | null> {
    const [row] = await this.session.read((database) =>
      database.select(userColumns).from(users).where(eq(users.id, id)),
    );
    return row ? asUser(row) : null;
  }

  async list({ first, after }: PageRequest): Promise<User[]> {
    const rows = await this.session.read((database) =>
      database
        .select(userColumns)
        .from(users)
        .where(after === undefined ? undefined : gt(users.id, after))
        .orderBy(asc(users.id))
        .limit(first),
    );
    return rows.map(asUser);
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
    return this.session.write(async (database, { uncertain }) => {
      try {
        await database.insert(users).values(user);
      } catch (cause) {
        if (!isFailure(cause, 'duplicate')) throw cause;
        if (uncertain && (await hasTemplate(database, face.template.templateId))) return;
        throw new ServiceError('USER_EXISTS');
      }
      await database.insert(userKeys).values(key.stored);
      await insertFaces(database, key, [face, ...moreFaces]);
      await note(database, 'register', key.stored, origin);
    });
  }

  enrolExisting(key: UserKey, face: EnrolledFace, origin: AuditOrigin): Promise<void> {
    const { userId } = key.stored;
    const { template } = face;
    return this.session.write(async (database, { uncertain }) => {
      // Locked first: of two first faces the second one sees the other.
      const [user] = await database
        .select({ id: users.id })
        .from(users)
        .where(eq(users.id, userId))
        .for('update');
      if (!user) throw new ServiceError('USER_NOT_FOUND');
      if (uncertain && (await hasTemplate(database, template.templateId))) return;
      const [enrolled] = await database
        .select({ id: templates.id })
        .from(templates)
        .where(and(eq(templates.userId, userId), eq(templates.modelId, template.modelId)))
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
    const { template } = face;
    return this.session.write(async (database, { uncertain }) => {
      // Locked first: of two faces added at once the second one sees the other.
      await database.select({ id: users.id }).from(users).where(eq(users.id, userId)).for('update');
      if (uncertain && (await hasTemplate(database, template.templateId))) return true;
      const present = await database
        .select({ id: templates.id })
        .from(templates)
        .where(and(eq(templates.userId, userId), eq(templates.modelId, template.modelId)));
      if (!holdsExactly(present, besides)) return false;
      await assertOwnKey(database, key);
      await insertFaces(database, key, [face]);
      await note(database, 'add-image', key.stored, origin);
      return true;
    });
  }

  remove(id: string, origin: AuditOrigin): Promise<{ imageKeys: string[] } | null> {
    let removed: { imageKeys: string[] } | null = null;
    return this.session.write(async (database, { uncertain }) => {
      // Locked first: nothing can be enrolled for this user between the steps.
      const [user] = await database
        .select({ id: users.id })
        .from(users)
        .where(eq(users.id, id))
        .for('update');
      if (!user) return uncertain ? removed : null;
      const imageKeys = (
        await database.select({ key: images.key }).from(images).where(eq(images.userId, id))
      ).map(({ key }) => key);
      // After an unanswered commit that did happen, this is a new user under the same id.
      if (uncertain && removed && removed.imageKeys.join() !== imageKeys.join()) return removed;
      const templateIds = await database
        .select({ templateId: templates.id })
        .from(templates)
        .where(eq(templates.userId, id));
      const [key] = await database
        .select({ pseudonym: userKeys.pseudonym })
        .from(userKeys)
        .where(eq(userKeys.userId, id));
      await database.delete(templates).where(eq(templates.userId, id));
      await database.delete(images).where(eq(images.userId, id));
      await database.delete(userKeys).where(eq(userKeys.userId, id));
      await database.delete(users).where(eq(users.id, id));
      if (imageKeys.length > 0)
        await database.update(blobs).set({ state: 'deleting' }).where(inArray(blobs.key, imageKeys));
      await recordChanges(
        database,
        templateIds.map(({ templateId }) => ({ op: 'remove', templateId })),
      );
      await note(database, 'delete', { userId: id, pseudonym: key?.pseudonym }, origin);
      removed = { imageKeys };
      return removed;
    });
  }
}

async function hasTemplate(database: Queries, id: string): Promise<boolean> {
  const rows = await database.select({ id: templates.id }).from(templates).where(eq(templates.id, id));
  return rows.length > 0;
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
