import { identityBootstrap, type Interval } from './identity-bootstrap.js';
import { ScoreHistogram } from './score-histogram.js';

/** Comparisons of two pictures, by whether both show one person. */
export class Comparisons {
  readonly genuine = new ScoreHistogram();
  readonly impostor = new ScoreHistogram();
  /** Scores of each person's genuine comparisons. */
  readonly people = new Map<string, (number | null)[]>();
  #genuineTotal = 0;

  /** Genuine comparisons, those without a score included. */
  get genuineTotal(): number {
    return this.#genuineTotal;
  }

  /** @param score cosine, or null where a picture gave no template: that person is refused, whatever the threshold. */
  addGenuine(person: string, score: number | null): void {
    this.#genuineTotal += 1;
    if (score !== null) this.genuine.add(score);
    const scores = this.people.get(person);
    if (scores === undefined) this.people.set(person, [score]);
    else scores.push(score);
  }

  /** @param score null is left out, which can only raise the false match rate. */
  addImpostor(score: number | null): void {
    if (score !== null) this.impostor.add(score);
  }
}

export interface OperatingPoint {
  /** Lowest cosine that keeps to the false match rate. */
  readonly threshold: number;
  /** Part of the genuine comparisons at or above the threshold, 0 to 1. */
  readonly trueAcceptRate: number;
  /** 95 % of it. */
  readonly interval: Interval;
}

/** Null when there are too few impostors for such a rate to be measured, or nobody to accept. */
export function operatingPoint(comparisons: Comparisons, falseMatchRate: number): OperatingPoint | null {
  const allowed = Math.floor(falseMatchRate * comparisons.impostor.total + 1e-9);
  if (allowed < 1 || comparisons.genuineTotal === 0) return null;
  const threshold = comparisons.impostor.thresholdFor(allowed);
  const people = [...comparisons.people.values()].map((scores) => ({
    accepted: scores.filter((score) => score !== null && score >= threshold).length,
    compared: scores.length,
  }));
  return {
    threshold,
    trueAcceptRate: people.reduce((sum, { accepted }) => sum + accepted, 0) / comparisons.genuineTotal,
    interval: identityBootstrap(people),
  };
}

export interface DetPoint {
  readonly threshold: number;
  /** False match rate, 0 to 1. */
  readonly fmr: number;
  /** False non-match rate, 0 to 1. */
  readonly fnmr: number;
}

/**
 * Detection error trade-off: both error rates at each threshold where one of them changes, from the highest threshold
 * to the lowest.
 */
export function detCurve(comparisons: Comparisons): DetPoint[] {
  const impostors = new Map(comparisons.impostor.occupied());
  const genuines = new Map(comparisons.genuine.occupied());
  const thresholds = [...new Set([...impostors.keys(), ...genuines.keys()])].sort((one, two) => two - one);
  let matched = 0;
  let accepted = 0;
  return thresholds.map((threshold) => {
    matched += impostors.get(threshold) ?? 0;
    accepted += genuines.get(threshold) ?? 0;
    return {
      threshold,
      fmr: matched / Math.max(1, comparisons.impostor.total),
      fnmr: 1 - accepted / Math.max(1, comparisons.genuineTotal),
    };
  });
}

/** Where both error rates are closest to each other, their mean; null without genuine or impostor comparisons. */
export function equalErrorRate(comparisons: Comparisons): number | null {
  if (comparisons.impostor.total === 0 || comparisons.genuineTotal === 0) return null;
  let best = { fmr: 0, fnmr: 1 };
  for (const point of detCurve(comparisons)) {
    if (Math.abs(point.fmr - point.fnmr) < Math.abs(best.fmr - best.fnmr)) best = point;
  }
  return (best.fmr + best.fnmr) / 2;
}
