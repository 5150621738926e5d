export interface ScoredPair {
  /** Cosine; null where a picture gave no template: such a pair is never a match. */
  readonly score: number | null;
  readonly same: boolean;
  /** Which part of the pairs it belongs to, counted from 0. */
  readonly fold: number;
}

export interface FoldAccuracy {
  /** Mean over the folds, 0 to 1. */
  readonly mean: number;
  /** Standard error of that mean. */
  readonly standardError: number;
}

/**
 * The protocol of LFW (Huang et al. 2007, View 2): the threshold that is best on all other folds is applied to each
 * fold in turn. Null when there are fewer than two folds.
 */
export function foldAccuracy(pairs: readonly ScoredPair[]): FoldAccuracy | null {
  const folds = [...new Set(pairs.map(({ fold }) => fold))];
  if (folds.length < 2) return null;
  const accuracies = folds.map((fold) => {
    const threshold = bestThreshold(pairs.filter((pair) => pair.fold !== fold));
    const tested = pairs.filter((pair) => pair.fold === fold);
    return tested.filter(({ score, same }) => isMatch(score, threshold) === same).length / tested.length;
  });
  const mean = accuracies.reduce((sum, accuracy) => sum + accuracy, 0) / folds.length;
  const squares = accuracies.reduce((sum, accuracy) => sum + (accuracy - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(squares / (folds.length - 1) / folds.length) };
}

/** The threshold that classifies most pairs rightly; in the middle of a gap between scores. */
export function bestThreshold(pairs: readonly ScoredPair[]): number {
  const scored = pairs
    .flatMap(({ score, same }) => (score === null ? [] : [{ score, same }]))
    .sort((one, two) => two.score - one.score);
  let right = 0;
  let best = { right: 0, threshold: Infinity };
  scored.forEach(({ score, same }, index) => {
    right += same ? 1 : -1;
    const next = scored[index + 1]?.score;
    if (next === score || right <= best.right) return;
    best = { right, threshold: next === undefined ? score : (score + next) / 2 };
  });
  return best.threshold;
}

function isMatch(score: number | null, threshold: number): boolean {
  return score !== null && score >= threshold;
}
