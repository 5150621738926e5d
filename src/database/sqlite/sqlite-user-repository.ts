import { and, asc, eq, gt, inArray } from 'drizzle-orm';
import { ServiceError } from '../../errors.js';
import type {
  EnrolledFace,
  Enrolment,
  PageRequest,
  StoredTemplate,
  User,
  UserRepository,
} from '../../users/user-repository.js';
import { holdsExactly } from '../holds-exactly.js';
import { recordChanges } from './gallery-clock.js';
import type { Queries } from './sqlite-connection.js';
import type { SqliteSession } from './sqlite-session.js';
import { blobs, images, templates, users } from './tables.js';

export class SqliteUserRepository implements UserRepository {
  constructor(private readonly session: SqliteSession) {}

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

  templatesOf(userId: string, modelId: string): Promise<StoredTemplate[]> {
    return this.session.read((database) =>
      database
        .select({
          templateId: templates.id,
          userId: templates.userId,
          modelId: templates.modelId,
          vector: templates.vector,
        })
        .from(templates)
        .where(and(eq(templates.userId, userId), eq(templates.modelId, modelId)))
        .orderBy(asc(templates.id)),
    );
  }

  enrol({ user, moreFaces = [], ...face }: Enrolment): Promise<void> {
    return this.session.write(async (database) => {
      const inserted = await database
        .insert(users)
        .values(user)
        .onConflictDoNothing()
        .returning({ id: users.id });
      if (inserted.length === 0) throw new ServiceError('USER_EXISTS');
      await insertFaces(database, user.id, [face, ...moreFaces]);
    });
  }

  enrolExisting(userId: string, face: EnrolledFace): Promise<void> {
    return this.session.write(async (database) => {
      const [user] = await database.select({ id: users.id }).from(users).where(eq(users.id, userId));
      if (!user) throw new ServiceError('USER_NOT_FOUND');
      const [enrolled] = await database
        .select({ id: templates.id })
        .from(templates)
        .where(and(eq(templates.userId, userId), eq(templates.modelId, face.template.modelId)))
        .limit(1);
      if (enrolled) throw new ServiceError('USER_EXISTS');
      await insertFaces(database, userId, [face]);
    });
  }

  addFace(userId: string, besides: readonly string[], face: EnrolledFace): Promise<boolean> {
    return this.session.write(async (database) => {
      const present = await database
        .select({ id: templates.id })
        .from(templates)
        .where(and(eq(templates.userId, userId), eq(templates.modelId, face.template.modelId)));
      if (!holdsExactly(present, besides)) return false;
      await insertFaces(database, userId, [face]);
      return true;
    });
  }

  async remove(id: string): Promise<{ imageKeys: string[] } | null> {
    const removed = await this.session.write(async (database) => {
      const removedTemplates = await database
        .delete(templates)
        .where(eq(templates.userId, id))
        .returning({ templateId: templates.id });
      const removedImages = await database
        .delete(images)
        .where(eq(images.userId, id))
        .returning({ key: images.key });
      const removedUsers = await database.delete(users).where(eq(users.id, id)).returning({ id: users.id });
      if (removedUsers.length === 0) return null;
      const imageKeys = removedImages.map(({ key }) => key);
      await database.update(blobs).set({ state: 'deleting' }).where(inArray(blobs.key, imageKeys));
      await recordChanges(
        database,
        removedTemplates.map(({ templateId }) => ({ op: 'remove' as const, templateId })),
      );
      return { imageKeys };
    });
    if (removed) await this.session.scrub();
    return removed;
  }
}

async function insertFaces(database: Queries, userId: string, faces: readonly EnrolledFace[]): Promise<void> {
  for (const { image, template } of faces) {
    await makeLive(database, image.key);
    await database.insert(images).values({ ...image, userId });
    await database.insert(templates).values({
      id: template.templateId,
      userId,
      imageKey: image.key,
      modelId: template.modelId,
      vector: template.vector,
    });
  }
  await recordChanges(
    database,
    faces.map(({ template }) => ({ op: 'add', templateId: template.templateId })),
  );
}

async function makeLive(database: Queries, key: string): Promise<void> {
  const changed = await database
    .update(blobs)
    .set({ state: 'live' })
    .where(and(eq(blobs.key, key), eq(blobs.state, 'pending')))
    .returning({ key: blobs.key });
  if (changed.length !== 1)
    throw new ServiceError('UNAVAILABLE', {
      cause: new Error('The image was no longer announced: the registration took longer than an hour.'),
    });
}
