import type { StoredTemplate } from '../records.js';

export type GalleryChange =
  | { readonly op: 'add'; readonly template: StoredTemplate }
  | { readonly op: 'remove'; readonly templateId: string };

/** The revision clock: dense revisions, visible in commit order, so that a reader never misses a change. */
export interface GalleryLog {
  /** Revision of the last committed change, 0 for none. */
  revision(): Promise<number>;
  /**
   * Changes after `revision`, oldest first; null when they are no longer kept and the gallery must be loaded again. A
   * template added and removed since may be left out altogether.
   * @param first most changes to return at once; revisions are never divided.
   * @returns the revision up to which these are all changes.
   */
  changesSince(
    revision: number,
    modelId: string,
    first: number,
  ): Promise<{ revision: number; changes: GalleryChange[] } | null>;
  /**
   * Hands over all templates of a model in batches, as one consistent snapshot.
   * @returns the revision that the snapshot shows.
   */
  snapshot(modelId: string, onBatch: (templates: StoredTemplate[]) => Promise<void>): Promise<number>;
  /**
   * Drops the oldest changes, those recorded before the given time; a cursor older than what is left loads everything
   * again.
   * @param first most changes to drop at once; more than those of one revision.
   * @returns how many were dropped; 0 when none are due any more.
   */
  forgetChanges(before: Date, first: number): Promise<number>;
}
