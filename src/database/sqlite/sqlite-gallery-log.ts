import { and, asc, eq, gt, gte, lt, min } from 'drizzle-orm';
import type { GalleryChange, GalleryLog } from '../../gallery/gallery-log.js';
import type { StoredTemplate } from '../../records.js';
import type { Vault } from '../../protection/vault.js';
import { readAhead } from '../repositories/read-ahead.js';
import { readClock } from './gallery-clock.js';
import type { SqliteSession } from './sqlite-session.js';
import { keyColumns, sealedColumns, templateColumns } from './sealed-columns.js';
import { galleryChange, templates, userKeys } from './tables.js';

const snapshotBatch = 512;

/** Further behind than this many revisions, loading everything again is cheaper than replaying. */
const maxReplayedRevisions = 20_000;

export class SqliteGalleryLog implements GalleryLog {
  constructor(
    private readonly session: SqliteSession,
    private readonly vault: Vault,
  ) {}

  revision(): Promise<number> {
    return this.session.read(readClock);
  }

  async changesSince(
    revision: number,
    modelId: string,
  ): Promise<{ revision: number; changes: GalleryChange[] } | null> {
    const newest = await this.revision();
    if (newest === revision) return { revision, changes: [] };
    if (newest < revision || newest - revision > maxReplayedRevisions) return null;
    const rows = await this.session.read((database) =>
      database
        .select({
          rev: galleryChange.rev,
          op: galleryChange.op,
          templateId: galleryChange.templateId,
          template: templateColumns,
          key: keyColumns,
        })
        .from(galleryChange)
        .leftJoin(templates, and(eq(templates.id, galleryChange.templateId), eq(templates.modelId, modelId)))
        .leftJoin(userKeys, eq(userKeys.userId, templates.userId))
        .where(gt(galleryChange.rev, revision))
        .orderBy(asc(galleryChange.rev), asc(galleryChange.seq)),
    );
    const last = rows.at(-1);
    // Revisions are dense: a gap at the start means that older changes are no longer kept.
    if (last === undefined || rows[0]?.rev !== revision + 1) return null;
    const changes = rows.flatMap(({ op, templateId, template, key }): GalleryChange[] => {
      if (op === 'remove') return [{ op, templateId }];
      const sealed = template === null ? [] : [{ ...template, key }];
      return this.vault.openTemplates(sealed).map((opened) => ({ op, template: opened }));
    });
    return { revision: last.rev, changes };
  }

  snapshot(modelId: string, onBatch: (batch: StoredTemplate[]) => Promise<void>): Promise<number> {
    return this.session.snapshot(async (database) => {
      const revision = await readClock(database);
      let after = '';
      const nextBatch = async () => {
        const batch = await database
          .select(sealedColumns)
          .from(templates)
          .leftJoin(userKeys, eq(userKeys.userId, templates.userId))
          .where(and(eq(templates.modelId, modelId), gt(templates.id, after)))
          .orderBy(asc(templates.id))
          .limit(snapshotBatch);
        after = batch.at(-1)?.templateId ?? after;
        return batch;
      };
      for await (const batch of readAhead(nextBatch)) await onBatch(this.vault.openTemplates(batch));
      return revision;
    });
  }

  async forgetChanges(before: Date): Promise<void> {
    await this.session.write(async (database) => {
      const [kept] = await database
        .select({ rev: min(galleryChange.rev) })
        .from(galleryChange)
        .where(gte(galleryChange.changedAt, before));
      const firstKept = kept?.rev ?? Number.MAX_SAFE_INTEGER;
      await database.delete(galleryChange).where(lt(galleryChange.rev, firstKept));
    });
  }
}
