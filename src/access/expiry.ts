const HOUR_MS = 3_600_000;

const DURATION = /^([1-9]\d{0,4})([hd])$/;
/** A date, or a time with its zone: without one it would depend on where the command runs. */
const ISO_TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2}))?$/;

/**
 * Reads `12h`, `90d`, a date (its start in UTC) or a time with zone.
 * @returns a time after `now`, in whole seconds.
 * @throws Error for anything else.
 */
export function parseExpiry(text: string, now: Date): Date {
  const [, count, unit] = DURATION.exec(text) ?? [];
  const time =
    count === undefined ? isoTimeMs(text) : now.getTime() + Number(count) * hoursOf(unit) * HOUR_MS;
  if (Number.isNaN(time))
    throw new Error('The time of expiry must look like 12h, 90d, 2030-12-31 or 2030-12-31T18:00:00Z');
  if (time <= now.getTime()) throw new Error('The time of expiry is over already');
  return new Date(Math.floor(time / 1000) * 1000);
}

function hoursOf(unit: string | undefined): number {
  return unit === 'd' ? 24 : 1;
}

function isoTimeMs(text: string): number {
  return ISO_TIME.test(text) ? Date.parse(text) : Number.NaN;
}
