import { seededRandom } from './seeded-random.js';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** How many of one person's genuine comparisons were accepted. */
export interface PersonOutcome {
  readonly accepted: number;
  readonly compared: number;
}

const RESAMPLES = 2000;

/**
 * 95 % percentile interval of the part accepted, resampling people (Efron and Tibshirani, "An Introduction to the
 * Bootstrap", 1993). Comparisons of one person fail together, so an interval that took them for independent, such as
 * Wilson's, would be too narrow. The threshold stays as measured. The same input always gives the same interval.
 */
export function identityBootstrap(people: readonly PersonOutcome[]): Interval {
  const random = seededRandom(people.length);
  const rates = Array.from({ length: RESAMPLES }, () => {
    let accepted = 0;
    let compared = 0;
    for (let draw = 0; draw < people.length; draw++) {
      const person = people[Math.floor(random() * people.length)];
      accepted += person?.accepted ?? 0;
      compared += person?.compared ?? 0;
    }
    return accepted / compared;
  }).sort((one, two) => one - two);
  return {
    low: rates[Math.floor(RESAMPLES * 0.025)] ?? NaN,
    high: rates[Math.ceil(RESAMPLES * 0.975) - 1] ?? NaN,
  };
}
