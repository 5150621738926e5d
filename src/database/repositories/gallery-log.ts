import { and, asc, eq, gt, lt } from 'drizzle-orm';
import type { GalleryChange, GalleryLog } from '../../gallery/gallery-log.js';
import type { Vault } from '../../protection/vault.js';
import type { StoredTemplate } from '../../records.js';
import type { Dialect } from '../dialect.js';
import type { Session } from '../session.js';
import { readAhead } from './paging/read-ahead.js';
import { keyColumns, sealedColumns, templateColumns } from './columns.js';

/** Templates opened without a pause: about 10 ms of the thread that calls. */
const SNAPSHOT_BATCH = 1024;

/** Further behind than this many revisions, loading everything again is cheaper than replaying. */
const MAX_REPLAYED_REVISIONS = 200_000;

export class SqlGalleryLog implements GalleryLog {
  constructor(
    private readonly session: Pick<Session, 'read' | 'write' | 'snapshot'>,
    private readonly dialect: Dialect,
    private readonly vault: Vault,
  ) {}

  revision(): Promise<number> {
    return this.session.read((database) => this.dialect.readRevision(database));
  }

  async changesSince(
    revision: number,
    modelId: string,
    first: number,
  ): Promise<{ revision: number; changes: GalleryChange[] } | null> {
    const { tables } = this.dialect;
    const { galleryChange, templates, userKeys } = tables;
    const newest = await this.revision();
    if (newest === revision) return { revision, changes: [] };
    if (newest < revision || newest - revision > MAX_REPLAYED_REVISIONS) return null;
    const page = await this.session.read((database) =>
      database
        .select({
          rev: galleryChange.rev,
          op: galleryChange.op,
          templateId: galleryChange.templateId,
          template: templateColumns(tables),
          key: keyColumns(tables),
        })
        .from(galleryChange)
        .leftJoin(templates, and(eq(templates.id, galleryChange.templateId), eq(templates.modelId, modelId)))
        .leftJoin(userKeys, eq(userKeys.userId, templates.userId))
        .where(gt(galleryChange.rev, revision))
        .orderBy(asc(galleryChange.rev), asc(galleryChange.seq))
        .limit(first),
    );
    // The last revision of a full page may have more changes.
    const cut = page.length < first ? undefined : page.at(-1)?.rev;
    const rows = cut === undefined ? page : page.filter(({ rev }) => rev < cut);
    const last = rows.at(-1);
    if (last === undefined || !isDense(rows, revision)) return null;
    const changes = rows.flatMap(({ op, templateId, template, key }): GalleryChange[] => {
      if (op === 'remove') return [{ op, templateId }];
      const sealed = template === null ? [] : [{ ...template, key }];
      return this.vault.openTemplates(sealed).map((opened) => ({ op, template: opened }));
    });
    return { revision: last.rev, changes };
  }

  snapshot(modelId: string, onBatch: (batch: StoredTemplate[]) => Promise<void>): Promise<number> {
    const { tables } = this.dialect;
    const { templates, userKeys } = tables;
    return this.session.snapshot(async (database) => {
      const revision = await this.dialect.readRevision(database);
      let after = '';
      const nextBatch = async () => {
        const batch = await database
          .select(sealedColumns(tables))
          .from(templates)
          .leftJoin(userKeys, eq(userKeys.userId, templates.userId))
          .where(and(eq(templates.modelId, modelId), gt(templates.id, after)))
          .orderBy(asc(templates.id))
          .limit(SNAPSHOT_BATCH);
        after = batch.at(-1)?.templateId ?? after;
        return batch;
      };
      for await (const batch of readAhead(nextBatch)) await onBatch(this.vault.openTemplates(batch));
      return revision;
    });
  }

  forgetChanges(before: Date, first: number): Promise<number> {
    const { galleryChange } = this.dialect.tables;
    return this.session.write(async (database) => {
      const oldest = await database
        .select({ rev: galleryChange.rev, changedAt: galleryChange.changedAt })
        .from(galleryChange)
        .orderBy(asc(galleryChange.rev), asc(galleryChange.seq))
        .limit(first);
      const last = oldest.at(-1)?.rev ?? 0;
      // The last revision that was read may have more changes.
      const whole = oldest.length < first ? last + 1 : last;
      const kept = oldest.find(({ changedAt }) => changedAt >= before)?.rev ?? whole;
      return this.dialect.changedRows(database.delete(galleryChange).where(lt(galleryChange.rev, kept)));
    });
  }
}

/** Revisions are dense: a gap means that changes are no longer kept, or were lost by a replica. */
function isDense(rows: readonly { readonly rev: number }[], revision: number): boolean {
  let newest = revision;
  return rows.every(({ rev }) => {
    const follows = rev === newest || rev === newest + 1;
    newest = rev;
    return follows && rev > revision;
  });
}
