import { Comparisons } from './error-rates.js';

/** One picture: who is shown and what became of it. */
export interface Subject {
  readonly identity: string;
  /** Unit vector; null where none could be made. */
  readonly template: Float32Array | null;
}

/** Compares every picture with every other one. */
export function crossComparisons(subjects: readonly Subject[]): Comparisons {
  const comparisons = new Comparisons();
  subjects.forEach((first, index) => {
    for (let other = index + 1; other < subjects.length; other++) {
      const second = subjects[other];
      if (second !== undefined) compare(first, second, comparisons);
    }
  });
  return comparisons;
}

export function compare(first: Subject, second: Subject, comparisons: Comparisons): void {
  const score = scoreOf(first.template, second.template);
  if (first.identity === second.identity) comparisons.addGenuine(first.identity, score);
  else comparisons.addImpostor(score);
}

/** Cosine, or null where a picture gave no template. */
export function scoreOf(first: Float32Array | null, second: Float32Array | null): number | null {
  if (first === null || second === null) return null;
  let sum = 0;
  for (let index = 0; index < first.length; index++) sum += (first[index] ?? NaN) * (second[index] ?? NaN);
  return sum;
}
