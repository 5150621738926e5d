import '../onnx/no-telemetry.js';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Candidate } from './gallery.js';
import { searchGraph } from './search-graph.js';
import { BLOCK_COLUMNS, TemplateBlock } from './template-block.js';

/** Templates side by side: the vector of `templateIds[i]` starts at `vectors[i * dimension]`. */
export interface TemplateBatch {
  readonly templateIds: readonly string[];
  readonly userIds: readonly string[];
  readonly vectors: Float32Array;
}

interface Owner {
  readonly templateId: string;
  readonly userId: string;
}

/**
 * All templates of one model in memory, with exact search: a matrix-vector product and top-k per block, as an
 * ONNX graph.
 */
export class GalleryIndex {
  readonly #blocks: TemplateBlock[] = [];
  /** Owner of each column, over all blocks in turn. */
  readonly #owners: Owner[] = [];
  readonly #columnOfTemplate = new Map<string, number>();
  readonly #templatesOfUser = new Map<string, number>();
  /** Never fewer than the most templates of one user. */
  #mostOfOneUser = 1;

  private constructor(
    private readonly session: InferenceSession,
    private readonly dimension: number,
  ) {}

  /**
   * @param dimension values of one template.
   * @param threads cores that one search may use.
   */
  static async create(dimension: number, threads: number): Promise<GalleryIndex> {
    const session = await InferenceSession.create(searchGraph(dimension), {
      intraOpNumThreads: threads,
      // Spinning would keep the cores busy between searches.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
    return new GalleryIndex(session, dimension);
  }

  get size(): number {
    return this.#owners.length;
  }

  /** Adds templates; one that is already there is left alone. */
  add({ templateIds, userIds, vectors }: TemplateBatch): void {
    const count = templateIds.length;
    if (userIds.length !== count)
      throw new Error(`A batch of ${count} templates names ${userIds.length} users.`);
    if (vectors.length !== count * this.dimension) {
      throw new Error(
        `${count} template(s) of ${vectors.length} values in all do not fit a gallery of ${this.dimension}.`,
      );
    }
    const added: number[] = [];
    for (const [place, templateId] of templateIds.entries()) {
      const userId = userIds[place] ?? '';
      if (this.#columnOfTemplate.has(templateId)) continue;
      this.#columnOfTemplate.set(templateId, this.#owners.length);
      this.#owners.push({ templateId, userId });
      this.#countOne(userId);
      added.push(place);
    }
    while (added.length > 0) {
      const block = this.#blockWithRoom();
      block.append(vectors, added.splice(0, BLOCK_COLUMNS - block.count));
    }
  }

  /** Removes and overwrites a template; an unknown one is ignored. */
  remove(templateId: string): void {
    const column = this.#columnOfTemplate.get(templateId);
    const last = this.#owners.at(-1);
    const lastBlock = this.#blocks.at(-1);
    const removed = column === undefined ? undefined : this.#owners[column];
    if (column === undefined || !removed || !last || !lastBlock) return;
    if (removed !== last) {
      const block = this.#blocks[Math.floor(column / BLOCK_COLUMNS)];
      block?.replace(column % BLOCK_COLUMNS, lastBlock.read(lastBlock.count - 1));
      this.#owners[column] = last;
      this.#columnOfTemplate.set(last.templateId, column);
    }
    lastBlock.dropLast();
    if (lastBlock.count === 0) this.#blocks.pop();
    this.#owners.pop();
    this.#columnOfTemplate.delete(templateId);
    const left = (this.#templatesOfUser.get(removed.userId) ?? 1) - 1;
    if (left === 0) this.#templatesOfUser.delete(removed.userId);
    else this.#templatesOfUser.set(removed.userId, left);
  }

  /**
   * @param probe unit-length template.
   * @returns the closest template of anyone but `userId`, or null when there is none.
   */
  async bestOther(probe: Float32Array, userId: string): Promise<Candidate | null> {
    // Among the best k at least one belongs to another user when k exceeds the user's own templates.
    const k = 1 + (this.#templatesOfUser.get(userId) ?? 0);
    let best: Candidate | null = null;
    for await (const candidate of this.#best(probe, k)) {
      if (candidate.userId !== userId && (best === null || candidate.score > best.score)) best = candidate;
    }
    return best;
  }

  /**
   * @param probe unit-length template.
   * @returns the `count` closest users with the score of their closest template, best first.
   */
  async closest(probe: Float32Array, count: number): Promise<Candidate[]> {
    const scores = new Map<string, number>();
    // So many templates belong to `count` users at least, if there are as many.
    for await (const { userId, score } of this.#best(probe, count * this.#mostOfOneUser)) {
      scores.set(userId, Math.max(score, scores.get(userId) ?? -1));
    }
    return Array.from(scores, ([userId, score]) => ({ userId, score }))
      .sort((one, two) => two.score - one.score)
      .slice(0, count);
  }

  /** The best k templates of each block, block by block. */
  async *#best(probe: Float32Array, k: number): AsyncGenerator<Candidate> {
    for (const [index, block] of this.#blocks.entries()) {
      const first = index * BLOCK_COLUMNS;
      for (const { column, score } of await this.#top(block, probe, Math.min(k, block.count))) {
        const owner = this.#owners[first + column]?.userId;
        if (owner !== undefined) yield { userId: owner, score };
      }
    }
  }

  async #top(
    { values, capacity, count }: TemplateBlock,
    probe: Float32Array,
    k: number,
  ): Promise<{ column: number; score: number }[]> {
    const { scores, columns } = await this.session.run({
      templates: new Tensor('float32', values, [this.dimension, capacity]),
      count: integer(count),
      probe: new Tensor('float32', probe, [1, this.dimension]),
      k: integer(k),
    });
    if (scores === undefined || columns === undefined) throw new Error('The search graph gave no scores.');
    const found = columns.data as BigInt64Array;
    return Array.from(scores.data as Float32Array, (score, place) => ({
      score,
      column: Number(found[place]),
    }));
  }

  #blockWithRoom(): TemplateBlock {
    const last = this.#blocks.at(-1);
    if (last && last.count < BLOCK_COLUMNS) return last;
    const block = new TemplateBlock(this.dimension);
    this.#blocks.push(block);
    return block;
  }

  #countOne(userId: string): void {
    const ofUser = (this.#templatesOfUser.get(userId) ?? 0) + 1;
    this.#templatesOfUser.set(userId, ofUser);
    this.#mostOfOneUser = Math.max(this.#mostOfOneUser, ofUser);
  }
}

function integer(value: number): Tensor {
  return new Tensor('int64', BigInt64Array.of(BigInt(value)), [1]);
}
