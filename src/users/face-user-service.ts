import { ServiceError } from '../errors.js';
import { assertComparable } from '../faces/face-quality.js';
import type { Gallery } from '../gallery/gallery.js';
import { finishDeletion } from '../storage/blob-sweeper.js';
import { ClaimExaminer } from './claim.js';
import { decide, type MatchRule } from './decision/decision.js';
import { Enroller, type EnrollerOptions } from './enroller.js';
import { ImageAdder } from './image-adder.js';
import { assertLive, noLivenessAsked } from './decision/liveness-rule.js';
import { readFace } from './read-face.js';
import { Reembedder } from './reembedding/reembedder.js';
import { registerTogether } from './register-together.js';
import { similarityOf, type SimilarityAnchors } from './decision/similarity-scale.js';
import { assertUserId } from './user-id.js';
import type { Database } from '../database/database.js';
import type { PageRequest } from './user-repository.js';
import type { User } from '../records.js';
import type { RegistrationOptions, RequestOptions, UserService, VerificationResult } from './user-service.js';

export interface FaceUserServiceOptions extends EnrollerOptions {
  readonly database: Pick<Database, 'users' | 'blobs' | 'missingTemplates' | 'protection'>;
  readonly gallery: Gallery;
  readonly rule: MatchRule;
  readonly anchors: SimilarityAnchors;
  /** Rounding step of the reported similarity, see `similarityOf`. @default 0.05 */
  readonly similarityStep?: number;
}

/** Registers, verifies, deletes and lists people by their faces. */
export class FaceUserService implements UserService {
  readonly #enroller: Enroller;
  readonly #claims: ClaimExaminer;
  readonly #adder: ImageAdder;

  constructor(private readonly options: FaceUserServiceOptions) {
    const { rule } = options;
    this.#enroller = new Enroller(options);
    this.#claims = new ClaimExaminer({ ...options, reembedder: new Reembedder(options) });
    this.#adder = new ImageAdder({
      database: options.database,
      rule,
      claims: this.#claims,
      enroller: this.#enroller,
    });
  }

  register(
    id: string,
    image: Uint8Array,
    { moreImages = [], signal, origin, receipt }: RegistrationOptions,
  ): Promise<User> {
    return registerTogether(this.#enroller, this.options.rule, {
      id,
      images: [image, ...moreImages],
      signal,
      origin,
      receipt,
    });
  }

  addImage(id: string, image: Uint8Array, options: RequestOptions): Promise<{ images: number }> {
    return this.#adder.add(id, image, options);
  }

  async verify(id: string, image: Uint8Array, { signal }: RequestOptions): Promise<VerificationResult> {
    const { database, faces, rule, anchors, similarityStep, liveness = noLivenessAsked } = this.options;
    assertUserId(id);
    if (!(await database.users.find(id))) throw new ServiceError('INVALID_USER');
    const face = await readFace(faces, image, signal);
    assertComparable(face);
    assertLive(face, liveness.verification);
    const { claimed, other } = await this.#claims.examine(id, face, signal);
    return {
      ...decide(claimed, other, rule),
      similarity: similarityOf(claimed.score, anchors, similarityStep),
    };
  }

  async remove(id: string, { origin, receipt }: RequestOptions): Promise<{ filesDeleted: string[] }> {
    const { database, images, logger } = this.options;
    assertUserId(id);
    const removed = await database.users.remove(id, origin, receipt);
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
}
