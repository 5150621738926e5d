/** Most columns of one block: 32 MiB of 128-dimensional templates. */
export const BLOCK_COLUMNS = 65_536;

/** Fewer would be copied too often while a gallery grows. */
const FEWEST_COLUMNS = 4096;

/**
 * Templates side by side as the columns of one matrix, value by value: a search then reads memory from its beginning to
 * its end, twice as fast as with one template after the other. Grows as it fills, because a search reads all of it.
 */
export class TemplateBlock {
  #capacity = 0;
  #values = new Float32Array();
  #count = 0;

  constructor(private readonly dimension: number) {}

  get count(): number {
    return this.#count;
  }

  /** Number of columns, of which the first `count` are templates and the others zero. */
  get capacity(): number {
    return this.#capacity;
  }

  /** `dimension` × `capacity`, row by row. */
  get values(): Float32Array {
    return this.#values;
  }

  /**
   * Appends some of the templates that lie one after the other in `vectors`.
   * @param places which ones; no more than `BLOCK_COLUMNS` in the end.
   */
  append(vectors: Float32Array, places: readonly number[]): void {
    this.#reserve(this.#count + places.length);
    for (let row = 0; row < this.dimension; row++) {
      let column = row * this.#capacity + this.#count;
      for (const place of places) this.#values[column++] = vectors[place * this.dimension + row] ?? NaN;
    }
    this.#count += places.length;
  }

  /** @returns the template of a column, as a copy. */
  read(column: number): Float32Array {
    return Float32Array.from(
      { length: this.dimension },
      (_, row) => this.#values[row * this.#capacity + column] ?? NaN,
    );
  }

  replace(column: number, vector: Float32Array): void {
    for (const [row, value] of vector.entries()) this.#values[row * this.#capacity + column] = value;
  }

  /** Overwrites the last template with zeros and forgets it. */
  dropLast(): void {
    this.#count--;
    for (let row = 0; row < this.dimension; row++) this.#values[row * this.#capacity + this.#count] = 0;
  }

  #reserve(columns: number): void {
    if (columns <= this.#capacity) return;
    if (columns > BLOCK_COLUMNS) throw new RangeError(`A block holds no ${columns} templates.`);
    const capacity = Math.min(
      BLOCK_COLUMNS,
      Math.max(FEWEST_COLUMNS, Math.ceil(this.#capacity * 1.5), columns),
    );
    const values = new Float32Array(this.dimension * capacity);
    for (let row = 0; row < this.dimension; row++) {
      const from = row * this.#capacity;
      values.set(this.#values.subarray(from, from + this.#count), row * capacity);
    }
    // The copy left behind must not outlive a deletion.
    this.#values.fill(0);
    this.#values = values;
    this.#capacity = capacity;
  }
}
