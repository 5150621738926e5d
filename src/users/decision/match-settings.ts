import { ConfigError, type MatchingSettings } from '../../config/config.js';
import type { ChosenEmbedder } from '../../models/chosen-model.js';
import { DEFAULT_MARGIN, type MatchRule } from './decision.js';
import type { SimilarityAnchors } from './similarity-scale.js';

export interface MatchSettings {
  readonly rule: MatchRule;
  readonly anchors: SimilarityAnchors;
}

/**
 * The rule and the scale of similarity for templates of one embedder. Where nobody measured its thresholds,
 * similarity is 0.5 at `MATCH_THRESHOLD` and 0.75 a tenth of the way from there to 1.
 * @throws ConfigError when no threshold is known.
 */
export function matchSettings(
  { fmr, threshold: given }: Pick<MatchingSettings, 'fmr' | 'threshold'>,
  { modelId, model: { thresholds, thresholdsFrom } }: ChosenEmbedder,
): MatchSettings {
  const threshold = given ?? thresholds?.[fmr];
  if (threshold === undefined) {
    throw new ConfigError(
      `MATCH_THRESHOLD: must be set, because the false match rates of ${modelId} are not known. ${thresholdsFrom}`,
    );
  }
  const anchors =
    thresholds === null
      ? { fmr1e3: threshold, fmr1e4: threshold + Math.max(0.01, (1 - threshold) / 10) }
      : { fmr1e3: thresholds['1e-3'], fmr1e4: thresholds['1e-4'] };
  return { rule: { threshold, margin: DEFAULT_MARGIN }, anchors };
}
