import { operatingPoint, type Comparisons, type OperatingPoint } from './error-rates.js';

export const falseMatchRates = ['1e-2', '1e-3', '1e-4', '1e-5'] as const;

export type FalseMatchRate = (typeof falseMatchRates)[number];

export type OperatingPoints = Readonly<Record<FalseMatchRate, OperatingPoint | null>>;

export function operatingPoints(comparisons: Comparisons): OperatingPoints {
  return {
    '1e-2': operatingPoint(comparisons, 1e-2),
    '1e-3': operatingPoint(comparisons, 1e-3),
    '1e-4': operatingPoint(comparisons, 1e-4),
    '1e-5': operatingPoint(comparisons, 1e-5),
  };
}

/** A line for each false match rate. */
export function describePoints(points: OperatingPoints): string {
  const lines = falseMatchRates.map((rate) => {
    const point = points[rate];
    if (point === null) return `  TAR at FMR ${rate}: too few comparisons`;
    const { trueAcceptRate, interval, threshold } = point;
    const range = `${interval.low.toFixed(4)} to ${interval.high.toFixed(4)}`;
    return `  TAR at FMR ${rate}: ${trueAcceptRate.toFixed(4)} (95 %: ${range}), threshold ${threshold.toFixed(4)}`;
  });
  return lines.join('\n');
}

export function percent(part: number | null): string {
  return part === null ? 'too few comparisons' : `${(part * 100).toFixed(2)} %`;
}
