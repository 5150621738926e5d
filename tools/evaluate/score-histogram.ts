/** Cosines lie in -1 to 1; a bin is 2⁻¹⁹ wide, far finer than what separates two thresholds. */
const BINS_PER_UNIT = 2 ** 19;
const BINS = 2 * BINS_PER_UNIT + 1;

/** Counts scores in -1 to 1, in constant memory however many pairs there are. */
export class ScoreHistogram {
  readonly #counts = new Float64Array(BINS);
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** @throws RangeError for NaN, which would silently count as nothing. */
  add(score: number): void {
    if (Number.isNaN(score)) throw new RangeError('A score is not a number.');
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor((score + 1) * BINS_PER_UNIT)));
    this.#counts[bin] = (this.#counts[bin] ?? 0) + 1;
    this.#total += 1;
  }

  /** Scores at or above the threshold. */
  countFrom(threshold: number): number {
    const from = Math.max(0, Math.ceil((threshold + 1) * BINS_PER_UNIT));
    let count = 0;
    for (let bin = from; bin < BINS; bin++) count += this.#counts[bin] ?? 0;
    return count;
  }

  /** The lowest threshold that at most `count` scores reach. */
  thresholdFor(count: number): number {
    let above = 0;
    for (let bin = BINS - 1; bin >= 0; bin--) {
      above += this.#counts[bin] ?? 0;
      if (above > count) return (bin + 1) / BINS_PER_UNIT - 1;
    }
    return -1;
  }

  /**
   * The counts of equal parts of a range of scores.
   * @returns one count a part; scores outside the range are left out.
   */
  parts(from: number, to: number, count: number): number[] {
    const parts = new Array<number>(count).fill(0);
    for (const [score, scores] of this.occupied()) {
      const part = Math.floor(((score - from) / (to - from)) * count);
      if (part >= 0 && part < count) parts[part] = (parts[part] ?? 0) + scores;
    }
    return parts;
  }

  /** Lower edge and count of each bin that has any, lowest first. */
  *occupied(): Generator<[score: number, count: number], void, void> {
    for (let bin = 0; bin < BINS; bin++) {
      const count = this.#counts[bin] ?? 0;
      if (count > 0) yield [bin / BINS_PER_UNIT - 1, count];
    }
  }
}
