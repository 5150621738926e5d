import { and, asc, eq, gt, inArray } from 'drizzle-orm';
import type { AuditEntry, AuditOperation, AuditOrigin } from '../../audit/audit-log.js';
import { ServiceError } from '../../errors.js';
import type { UserKey } from '../../protection/user-key.js';
import type { Vault } from '../../protection/vault.js';
import type { StoredTemplate, User } from '../../records.js';
import type { Receipt } from '../../users/idempotency/receipts.js';
import type { EnrolledFace, Enrolment, PageRequest, UserRepository } from '../../users/user-repository.js';
import type { Dialect, Queries } from '../dialect.js';
import type { Session } from '../session.js';
import { appendToAuditLog, stands } from './audit-log.js';
import { holdsExactly } from './holds-exactly.js';
import { makeLive } from './make-live.js';
import { completeReceipt, reserveReceipt, withdrawReceipt } from './receipts.js';
import { recordChanges } from './record-changes.js';
import { asUser, sealedColumns, userColumns } from './columns.js';

/**
 * Notes what a transaction does.
 * @param user whose pseudonym is undefined when nothing was held about them.
 * @param answer what the client gets, kept where the request has a receipt.
 */
type Note = (
  operation: AuditOperation,
  user: { readonly userId: string; readonly pseudonym: string | undefined },
  answer: unknown,
) => Promise<void>;

export class SqlUserRepository implements UserRepository {
  constructor(
    private readonly session: Pick<Session, 'read' | 'write' | 'scrub'>,
    private readonly dialect: Dialect,
    private readonly vault: Vault,
  ) {}

  async find(id: string): Promise<User | null> {
    const { tables } = this.dialect;
    const [row] = await this.session.read((database) =>
      database.select(userColumns(tables)).from(tables.users).where(eq(tables.users.id, id)),
    );
    return row ? asUser(row) : null;
  }

  async list({ first, after }: PageRequest): Promise<User[]> {
    const { tables } = this.dialect;
    const { users } = tables;
    const rows = await this.session.read((database) =>
      database
        .select(userColumns(tables))
        .from(users)
        .where(after === undefined ? undefined : gt(users.id, after))
        .orderBy(asc(users.id))
        .limit(first),
    );
    return rows.map(asUser);
  }

  async templatesOf(userId: string, modelId: string): Promise<StoredTemplate[]> {
    const { tables } = this.dialect;
    const { templates, userKeys } = tables;
    const rows = await this.session.read((database) =>
      database
        .select(sealedColumns(tables))
        .from(templates)
        .leftJoin(userKeys, eq(userKeys.userId, templates.userId))
        .where(and(eq(templates.userId, userId), eq(templates.modelId, modelId)))
        .orderBy(asc(templates.id)),
    );
    return rows.map((row) => this.vault.openTemplate(row));
  }

  enrol(
    { user, key, moreFaces = [], ...face }: Enrolment,
    origin: AuditOrigin,
    receipt?: Receipt,
  ): Promise<void> {
    const { users, userKeys } = this.dialect.tables;
    return this.#once({ origin, receipt }, async (database, note) => {
      if (!(await this.dialect.insertUnlessTaken(database.insert(users).values(user))))
        throw new ServiceError('USER_EXISTS');
      await database.insert(userKeys).values(key.stored);
      await this.#insertFaces(database, key, [face, ...moreFaces]);
      await note('register', key.stored, user);
    });
  }

  enrolExisting(key: UserKey, face: EnrolledFace, origin: AuditOrigin): Promise<void> {
    const { userId } = key.stored;
    return this.#once({ origin }, async (database, note) => {
      // Locked first: of two first faces the second one sees the other.
      if (!(await this.#lockUser(database, userId))) throw new ServiceError('USER_NOT_FOUND');
      const enrolled = await this.#templateIds(database, userId, face.template.modelId);
      if (enrolled.length > 0) throw new ServiceError('USER_EXISTS');
      await this.#assertOwnKey(database, key);
      await this.#insertFaces(database, key, [face]);
      await note('register', key.stored, { id: userId });
    });
  }

  addFace(
    key: UserKey,
    besides: readonly string[],
    face: EnrolledFace,
    origin: AuditOrigin,
    receipt?: Receipt,
  ): Promise<boolean> {
    const { userId } = key.stored;
    return this.#once({ origin, receipt }, async (database, note) => {
      // Locked first: of two faces added at once the second one sees the other.
      await this.#lockUser(database, userId);
      const present = await this.#templateIds(database, userId, face.template.modelId);
      if (!holdsExactly(present, besides)) return false;
      await this.#assertOwnKey(database, key);
      await this.#insertFaces(database, key, [face]);
      await note('add-image', key.stored, { images: besides.length + 1 });
      return true;
    });
  }

  async remove(id: string, origin: AuditOrigin, receipt?: Receipt): Promise<{ imageKeys: string[] } | null> {
    const { blobs, images, templates, userKeys, users } = this.dialect.tables;
    const removed = await this.#once({ origin, receipt }, async (database, note) => {
      // Locked first: nothing can be enrolled for this user between the steps.
      if (!(await this.#lockUser(database, id))) return null;
      const [imageRows, templateRows, [key]] = await this.dialect.batch(database, [
        database.select({ key: images.key }).from(images).where(eq(images.userId, id)),
        database.select({ templateId: templates.id }).from(templates).where(eq(templates.userId, id)),
        database.select({ pseudonym: userKeys.pseudonym }).from(userKeys).where(eq(userKeys.userId, id)),
      ]);
      await this.dialect.batch(database, [
        database.delete(templates).where(eq(templates.userId, id)),
        database.delete(images).where(eq(images.userId, id)),
        database.delete(userKeys).where(eq(userKeys.userId, id)),
        database.delete(users).where(eq(users.id, id)),
      ]);
      const imageKeys = imageRows.map((image) => image.key);
      if (imageKeys.length > 0)
        await database.update(blobs).set({ state: 'deleting' }).where(inArray(blobs.key, imageKeys));
      await recordChanges(
        this.dialect,
        database,
        templateRows.map(({ templateId }) => ({ op: 'remove', templateId })),
      );
      await note('delete', { userId: id, pseudonym: key?.pseudonym }, { filesDeleted: imageKeys });
      return { imageKeys };
    });
    if (removed) await this.session.scrub();
    return removed;
  }

  /**
   * One transaction, done once even when the answer to its COMMIT was lost and it is repeated. What changes anything
   * notes itself in the audit log, last; a repetition first looks whether the entry of an earlier attempt stands there.
   */
  #once<Result>(
    { origin, receipt }: { readonly origin: AuditOrigin; readonly receipt?: Receipt | undefined },
    work: (database: Queries, note: Note) => Promise<Result>,
  ): Promise<Result> {
    const attempts: { readonly entry: AuditEntry | undefined; readonly result: Result }[] = [];
    return this.session.write(async (database, { uncertain }) => {
      if (uncertain)
        for (const { entry, result } of attempts)
          if (entry === undefined || (await stands(this.dialect, database, entry))) return result;
      let noted: AuditEntry | undefined;
      if (receipt) await reserveReceipt(this.dialect, database, receipt.written(null));
      const result = await work(database, async (operation, { userId, pseudonym }, answer) => {
        if (receipt) await completeReceipt(this.dialect, database, receipt.written(answer));
        const pseudonyms = new Map(pseudonym === undefined ? [] : [[userId, pseudonym]]);
        const event = { ...origin, operation, outcome: 'done', userId } as const;
        [noted] = await appendToAuditLog(this.dialect, database, [event], pseudonyms);
      });
      if (receipt && noted === undefined) await withdrawReceipt(this.dialect, database, receipt.keyHash);
      attempts.push({ entry: noted, result });
      return result;
    });
  }

  /** @returns false when there is no such user. */
  async #lockUser(database: Queries, id: string): Promise<boolean> {
    const { users } = this.dialect.tables;
    const rows = await this.dialect.locked(
      database.select({ id: users.id }).from(users).where(eq(users.id, id)),
    );
    return rows.length > 0;
  }

  #templateIds(database: Queries, userId: string, modelId: string): Promise<{ id: string }[]> {
    const { templates } = this.dialect.tables;
    return database
      .select({ id: templates.id })
      .from(templates)
      .where(and(eq(templates.userId, userId), eq(templates.modelId, modelId)));
  }

  /** A user deleted and registered again in the meantime has another key, which opens none of this. */
  async #assertOwnKey(database: Queries, { stored }: UserKey): Promise<void> {
    const { userKeys } = this.dialect.tables;
    const [row] = await database
      .select({ pseudonym: userKeys.pseudonym })
      .from(userKeys)
      .where(eq(userKeys.userId, stored.userId));
    if (row?.pseudonym !== stored.pseudonym)
      throw new ServiceError('UNAVAILABLE', { cause: new Error("The key is no longer the user's own.") });
  }

  async #insertFaces(database: Queries, key: UserKey, faces: readonly EnrolledFace[]): Promise<void> {
    const { images, templates } = this.dialect.tables;
    const { userId } = key.stored;
    for (const { image, template } of faces) {
      if (image !== null) {
        await makeLive(this.dialect, database, image.key);
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
      this.dialect,
      database,
      faces.map(({ template }) => ({ op: 'add', templateId: template.templateId })),
    );
  }
}
