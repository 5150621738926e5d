import { ServiceError } from '../errors.js';
import type { Gallery } from '../faces/gallery.js';
import { finishDeletion } from './blob-sweeper.js';
import { decide, type MatchRule } from './decision.js';
import { Enroller, type EnrollerOptions } from './enroller.js';
import { Reembedder } from './reembedder.js';
import { cosineSimilarity, similarityOf, type SimilarityAnchors } from './similarity.js';
import { assertUserId } from './user-id.js';
import type { Database, PageRequest, StoredTemplate, User } from './user-repository.js';
import type { RequestOptions, UserService, VerificationResult } from './user-service.js';

export interface FaceUserServiceOptions extends EnrollerOptions {
  readonly database: Pick<Database, 'users' | 'blobs' | 'missingTemplates'>;
  readonly gallery: Gallery;
  readonly rule: MatchRule;
  readonly anchors: SimilarityAnchors;
}

/** Registers, verifies, deletes and lists people by their faces. */
export class FaceUserService implements UserService {
  readonly #enroller: Enroller;
  readonly #reembedder: Reembedder;

  constructor(private readonly options: FaceUserServiceOptions) {
    this.#enroller = new Enroller(options);
    this.#reembedder = new Reembedder(options);
  }

  register(id: string, image: Uint8Array, options?: RequestOptions): Promise<User> {
    return this.#enroller.register(id, image, options);
  }

  async verify(id: string, image: Uint8Array, { signal }: RequestOptions = {}): Promise<VerificationResult> {
    const { database, gallery, rule, anchors } = this.options;
    assertUserId(id);
    if (!(await database.users.find(id))) throw new ServiceError('INVALID_USER');
    const { template: probe, modelId } = await this.#enroller.extract(image, signal);
    for (;;) {
      const own = await this.#templatesOf(id, modelId, signal);
      const other = await gallery.bestOther(probe, id);
      // The same templates before and after the search were there during it, so that claim and search describe one
      // moment. Template ids are never used again.
      if (!sameTemplates(own, await database.users.templatesOf(id, modelId))) continue;
      const score = Math.max(...own.map(({ vector }) => cosineSimilarity(probe, vector)));
      return {
        ...decide({ userId: id, score }, other, rule),
        similarity: similarityOf(score, anchors),
      };
    }
  }

  async remove(id: string): Promise<{ filesDeleted: string[] }> {
    const { database, images, logger } = this.options;
    assertUserId(id);
    const removed = await database.users.remove(id);
    if (!removed) throw new ServiceError('USER_NOT_FOUND');
    const outcomes = await Promise.allSettled(
      removed.imageKeys.map((key) => finishDeletion(key, database.blobs, images)),
    );
    const failures = outcomes.flatMap((outcome): unknown[] =>
      outcome.status === 'rejected' ? [outcome.reason] : [],
    );
    for (const error of failures) logger.error({ err: error }, 'an image file could not be deleted yet');
    if (failures.length > 0) throw new ServiceError('DELETION_UNFINISHED', { cause: failures[0] });
    return { filesDeleted: removed.imageKeys };
  }

  list(page: PageRequest): Promise<User[]> {
    return this.options.database.users.list(page);
  }

  /**
   * Someone enrolled with another embedder gets the templates of this one now, from the pictures kept.
   * @throws ServiceError INVALID_USER, or NOT_ENROLLED when the user has no template of this model.
   */
  async #templatesOf(id: string, modelId: string, signal?: AbortSignal): Promise<StoredTemplate[]> {
    const { users } = this.options.database;
    const templates = await users.templatesOf(id, modelId);
    if (templates.length > 0) return templates;
    await this.#reembedder.complete(id, modelId, signal);
    const added = await users.templatesOf(id, modelId);
    if (added.length > 0) return added;
    throw new ServiceError((await users.find(id)) ? 'NOT_ENROLLED' : 'INVALID_USER');
  }
}

function sameTemplates(before: readonly StoredTemplate[], after: readonly StoredTemplate[]): boolean {
  return (
    before.length === after.length &&
    before.every(({ templateId }, position) => templateId === after[position]?.templateId)
  );
}
