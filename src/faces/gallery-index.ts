import './no-telemetry.js';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Candidate } from './gallery.js';
import { searchGraph } from './search-graph.js';

/** 32 MiB of 128-dimensional templates; memory is only touched as templates arrive. */
const BLOCK_ROWS = 65_536;

interface Row {
  readonly templateId: string;
  readonly userId: string;
}

/**
 * All templates of one model in memory, with exact search: a matrix-vector product and top-k per block, as an
 * ONNX graph.
 */
export class GalleryIndex {
  readonly #blocks: Float32Array[] = [];
  readonly #rows: Row[] = [];
  readonly #rowOfTemplate = new Map<string, number>();
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
    return this.#rows.length;
  }

  /** Adds a template; one that is already there is left alone. */
  add(templateId: string, userId: string, vector: Float32Array): void {
    if (this.#rowOfTemplate.has(templateId)) return;
    if (vector.length !== this.dimension) {
      throw new Error(`A template of ${vector.length} values does not fit a gallery of ${this.dimension}.`);
    }
    const row = this.#rows.length;
    if (row === this.#blocks.length * BLOCK_ROWS) {
      this.#blocks.push(new Float32Array(BLOCK_ROWS * this.dimension));
    }
    this.#rows.push({ templateId, userId });
    this.#rowOfTemplate.set(templateId, row);
    const ofUser = (this.#templatesOfUser.get(userId) ?? 0) + 1;
    this.#templatesOfUser.set(userId, ofUser);
    this.#mostOfOneUser = Math.max(this.#mostOfOneUser, ofUser);
    this.#vectorAt(row).set(vector);
  }

  /** Removes and overwrites a template; an unknown one is ignored. */
  remove(templateId: string): void {
    const row = this.#rowOfTemplate.get(templateId);
    const last = this.#rows.at(-1);
    const removed = row === undefined ? undefined : this.#rows[row];
    if (row === undefined || removed === undefined || last === undefined) return;
    const lastVector = this.#vectorAt(this.#rows.length - 1);
    if (removed !== last) {
      this.#vectorAt(row).set(lastVector);
      this.#rows[row] = last;
      this.#rowOfTemplate.set(last.templateId, row);
    }
    lastVector.fill(0);
    this.#rows.pop();
    this.#rowOfTemplate.delete(templateId);
    const left = (this.#templatesOfUser.get(removed.userId) ?? 1) - 1;
    if (left === 0) this.#templatesOfUser.delete(removed.userId);
    else this.#templatesOfUser.set(removed.userId, left);
  }

  /**
   * @param probe unit-length template.
   * @returns the closest template of anyone but `userId`, or null when there is none.
   */
  async bestOther(probe: Float32Array, userId: string): Promise<Candidate | null> {
    // Among the best k at least one belongs to somebody else when k exceeds the user's own templates.
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
      const first = index * BLOCK_ROWS;
      const count = Math.min(BLOCK_ROWS, this.#rows.length - first);
      if (count <= 0) break;
      for (const { row, score } of await this.#top(block, count, probe, Math.min(k, count))) {
        const owner = this.#rows[first + row]?.userId;
        if (owner !== undefined) yield { userId: owner, score };
      }
    }
  }

  async #top(
    block: Float32Array,
    count: number,
    probe: Float32Array,
    k: number,
  ): Promise<{ row: number; score: number }[]> {
    const { scores, rows } = await this.session.run({
      templates: new Tensor('float32', block.subarray(0, count * this.dimension), [count, this.dimension]),
      probe: new Tensor('float32', probe, [this.dimension]),
      k: new Tensor('int64', BigInt64Array.of(BigInt(k)), [1]),
    });
    if (scores === undefined || rows === undefined) throw new Error('The search graph gave no scores.');
    const found = rows.data as BigInt64Array;
    return Array.from(scores.data as Float32Array, (score, place) => ({ score, row: Number(found[place]) }));
  }

  #vectorAt(row: number): Float32Array {
    const block = this.#blocks[Math.floor(row / BLOCK_ROWS)];
    if (block === undefined) throw new RangeError(`The gallery has no row ${row}.`);
    const start = (row % BLOCK_ROWS) * this.dimension;
    return block.subarray(start, start + this.dimension);
  }
}
