import { and, asc, count, eq, exists, gt, inArray, lte, ne, notExists, or } from 'drizzle-orm';
import type {
  FaceHoldings,
  KeyPage,
  KnownMasterKey,
  ProtectionRepository,
  SealedHoldings,
} from '../../protection/protection-repository.js';
import type { StoredUserKey, UserKey } from '../../protection/user-key.js';
import type { SealedTemplate, Vault } from '../../protection/vault.js';
import type { Dialect, Queries, Tables } from '../dialect.js';
import type { Session } from '../session.js';
import { sameIds } from './holds-exactly.js';
import { inRanges, RANGE_SIZE } from './paging/in-ranges.js';
import { makeLive } from './make-live.js';
import { asUser, keyColumns, sealedColumns, userColumns } from './columns.js';

function storedKeyColumns(tables: Tables) {
  return { userId: tables.userKeys.userId, ...keyColumns(tables) };
}

export class SqlProtectionRepository implements ProtectionRepository {
  constructor(
    private readonly session: Pick<Session, 'read' | 'write' | 'scrub'>,
    private readonly dialect: Dialect,
    private readonly vault: Vault,
  ) {}

  masterKeys(): Promise<KnownMasterKey[]> {
    const { masterKeys, userKeys } = this.dialect.tables;
    return this.session.read((database) =>
      database
        .select({ id: masterKeys.id, proof: masterKeys.proof, users: count(userKeys.userId) })
        .from(masterKeys)
        .leftJoin(userKeys, eq(userKeys.masterKeyId, masterKeys.id))
        .groupBy(masterKeys.id, masterKeys.proof)
        .orderBy(asc(masterKeys.id)),
    );
  }

  async masterKeysInUse(): Promise<(Omit<KnownMasterKey, 'users'> & { used: boolean })[]> {
    const { masterKeys, userKeys } = this.dialect.tables;
    return this.session.read(async (database) => {
      const known = await database.select().from(masterKeys).orderBy(asc(masterKeys.id));
      const found = [];
      for (const { id, proof } of known) {
        const users = await database
          .select({ userId: userKeys.userId })
          .from(userKeys)
          .where(eq(userKeys.masterKeyId, id))
          .limit(1);
        found.push({ id, proof, used: users.length > 0 });
      }
      return found;
    });
  }

  introduce(
    { id, proof }: Omit<KnownMasterKey, 'users'>,
    { onlyFirst = false }: { readonly onlyFirst?: boolean } = {},
  ): Promise<boolean> {
    const { galleryClock, masterKeys } = this.dialect.tables;
    return this.session.write(async (database) => {
      // The one row that every node can lock: of two first keys the second one sees the other.
      await this.dialect.locked(database.select({ rev: galleryClock.rev }).from(galleryClock));
      const known = await database.select({ id: masterKeys.id }).from(masterKeys);
      if (known.some((key) => key.id === id)) return true;
      if (onlyFirst && known.length > 0) return false;
      await database.insert(masterKeys).values({ id, proof });
      return true;
    });
  }

  async keyOf(userId: string): Promise<UserKey | null> {
    const { userKeys } = this.dialect.tables;
    const [stored] = await this.session.read((database) =>
      database
        .select(storedKeyColumns(this.dialect.tables))
        .from(userKeys)
        .where(eq(userKeys.userId, userId)),
    );
    return stored ? this.vault.unwrap(stored) : null;
  }

  unprotected({ first, after = '' }: KeyPage): Promise<string[]> {
    const { tables } = this.dialect;
    const { users } = tables;
    const endOf = async (from: string) => {
      const [end] = await this.session.read((database) =>
        database
          .select({ id: users.id })
          .from(users)
          .where(gt(users.id, from))
          .orderBy(asc(users.id))
          .limit(1)
          .offset(RANGE_SIZE - 1),
      );
      return end?.id;
    };
    return inRanges({ after, first }, endOf, async (range) => {
      const rows = await this.session.read((database) =>
        database
          .select({ id: users.id })
          .from(users)
          .where(
            and(
              gt(users.id, range.after),
              range.upTo === undefined ? undefined : lte(users.id, range.upTo),
              lacksKey(tables, database),
            ),
          )
          .orderBy(asc(users.id))
          .limit(first),
      );
      return rows.map(({ id }) => id);
    });
  }

  async countUnprotected(): Promise<number> {
    const { users } = this.dialect.tables;
    const [row] = await this.session.read((database) =>
      database.select({ users: count() }).from(users).where(lacksKey(this.dialect.tables, database)),
    );
    return row?.users ?? 0;
  }

  // Two statements: `protect` looks again whether they still describe the user.
  holdingsOf(userId: string): Promise<FaceHoldings | null> {
    const { images, templates, userKeys, users } = this.dialect.tables;
    return this.session.read(async (database) => {
      const [user] = await database
        .select(userColumns(this.dialect.tables))
        .from(users)
        .where(eq(users.id, userId));
      if (!user) return null;
      return {
        user: asUser(user),
        images: await database
          .select({ key: images.key, mediaType: images.mediaType })
          .from(images)
          .where(eq(images.userId, userId))
          .orderBy(asc(images.key)),
        templates: await database
          .select(sealedColumns(this.dialect.tables))
          .from(templates)
          .leftJoin(userKeys, eq(userKeys.userId, templates.userId))
          .where(eq(templates.userId, userId))
          .orderBy(asc(templates.id)),
      };
    });
  }

  async protect({ key, images: replaced, templates: sealed }: SealedHoldings): Promise<string[] | null> {
    const { blobs, images, templates, userKeys, users } = this.dialect.tables;
    const { userId } = key;
    const plainFiles = replaced.map(({ from }) => from.key);
    const done = await this.session.write(async (database, { uncertain }) => {
      // Locked first, as a deletion does: nothing is added between the steps.
      await this.dialect.locked(database.select({ id: users.id }).from(users).where(eq(users.id, userId)));
      const [owner] = await database
        .select({ pseudonym: userKeys.pseudonym })
        .from(userKeys)
        .where(eq(userKeys.userId, userId));
      if (uncertain && owner?.pseudonym === key.pseudonym) return true;
      if (owner) return false;
      const imageRows = await database
        .select({ id: images.key })
        .from(images)
        .where(eq(images.userId, userId));
      const templateRows = await database
        .select({ id: templates.id })
        .from(templates)
        .where(eq(templates.userId, userId));
      if (!sameIds(imageRows, plainFiles)) return false;
      const templateIds = sealed.map(({ templateId }) => templateId);
      if (!sameIds(templateRows, templateIds)) return false;
      await database.insert(userKeys).values(key);
      for (const { from, to } of replaced) {
        await makeLive(this.dialect, database, to);
        await database.insert(images).values({ key: to, userId, mediaType: from.mediaType });
        await database.update(templates).set({ imageKey: to }).where(eq(templates.imageKey, from.key));
      }
      for (const { templateId, vector } of sealed)
        await database.update(templates).set({ vector }).where(eq(templates.id, templateId));
      if (plainFiles.length > 0) {
        await database.delete(images).where(inArray(images.key, plainFiles));
        await database.update(blobs).set({ state: 'deleting' }).where(inArray(blobs.key, plainFiles));
      }
      return true;
    });
    if (!done) return null;
    await this.session.scrub();
    return plainFiles;
  }

  keysNotUnder(masterKeyId: string, { first, after }: KeyPage): Promise<StoredUserKey[]> {
    const { userKeys } = this.dialect.tables;
    return this.session.read((database) =>
      database
        .select(storedKeyColumns(this.dialect.tables))
        .from(userKeys)
        .where(
          and(
            ne(userKeys.masterKeyId, masterKeyId),
            after === undefined ? undefined : gt(userKeys.userId, after),
          ),
        )
        .orderBy(asc(userKeys.userId))
        .limit(first),
    );
  }

  rewrap(from: StoredUserKey, to: StoredUserKey): Promise<boolean> {
    const { userKeys } = this.dialect.tables;
    return this.session.write(async (database, { uncertain }) => {
      const changed = await this.dialect.changedRows(
        database
          .update(userKeys)
          .set({ masterKeyId: to.masterKeyId, wrapped: to.wrapped })
          .where(isStill(this.dialect.tables, from)),
      );
      return changed === 1 || uncertain;
    });
  }

  templates({ first, after }: KeyPage): Promise<SealedTemplate[]> {
    const { templates, userKeys } = this.dialect.tables;
    return this.session.read((database) =>
      database
        .select(sealedColumns(this.dialect.tables))
        .from(templates)
        .leftJoin(userKeys, eq(userKeys.userId, templates.userId))
        .where(after === undefined ? undefined : gt(templates.id, after))
        .orderBy(asc(templates.id))
        .limit(first),
    );
  }
}

/** Has something of a face, and no key to seal it. */
function lacksKey({ images, templates, userKeys, users }: Tables, database: Queries) {
  const ofUser = (owner: Tables['images']['userId'] | Tables['templates']['userId']) => eq(owner, users.id);
  return and(
    notExists(database.select({ id: userKeys.userId }).from(userKeys).where(eq(userKeys.userId, users.id))),
    or(
      exists(database.select({ id: images.key }).from(images).where(ofUser(images.userId))),
      exists(database.select({ id: templates.id }).from(templates).where(ofUser(templates.userId))),
    ),
  );
}

function isStill({ userKeys }: Tables, { userId, pseudonym, masterKeyId }: StoredUserKey) {
  return and(
    eq(userKeys.userId, userId),
    eq(userKeys.pseudonym, pseudonym),
    eq(userKeys.masterKeyId, masterKeyId),
  );
}
