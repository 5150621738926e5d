/** A pair of pictures; the score is null where a face was missed. */
export interface ScoredPair {
  readonly same: boolean;
  readonly score: number | null;
}

/** Part of the pairs judged rightly at the threshold that is best for them; pairs without a score are wrong. */
export function bestAccuracy(pairs: readonly ScoredPair[]): number {
  const scored = pairs
    .flatMap(({ same, score }) => (score === null ? [] : [{ same, score }]))
    .sort((one, two) => two.score - one.score);
  let right = scored.filter(({ same }) => !same).length;
  let best = right;
  scored.forEach(({ same, score }, place) => {
    right += same ? 1 : -1;
    // Equal scores are accepted together.
    if (scored[place + 1]?.score !== score) best = Math.max(best, right);
  });
  return best / pairs.length;
}

/** Part of the genuine pairs above the threshold that this part of the impostor pairs reaches at most. */
export function truePositives(pairs: readonly ScoredPair[], falsePositives: number): number {
  const scoresOf = (kind: boolean) =>
    pairs.filter(({ same }) => same === kind).map(({ score }) => score ?? -Infinity);
  const impostors = scoresOf(false).sort((one, two) => two - one);
  const threshold = impostors[Math.floor(falsePositives * impostors.length)] ?? -Infinity;
  const genuine = scoresOf(true);
  return genuine.filter((score) => score > threshold).length / genuine.length;
}
