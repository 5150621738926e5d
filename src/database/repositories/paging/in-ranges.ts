/** Keys that one statement looks through: some ten milliseconds, however many there are behind them. */
export const RANGE_SIZE = 5000;

/** Half-open range of keys; no end: up to the last. */
export interface KeyRange {
  readonly after: string;
  readonly upTo: string | undefined;
}

/**
 * Searches rows range by range in the order of their keys, so that no statement takes longer the more there is in which
 * nothing is found.
 * @param endOf the key that ends a range of {@link RANGE_SIZE} keys; undefined when there are fewer.
 * @param search finds rows within a range.
 * @returns the first rows, at most `first`.
 */
export async function inRanges<Row>(
  { after, first }: { readonly after: string; readonly first: number },
  endOf: (after: string) => Promise<string | undefined>,
  search: (range: KeyRange) => Promise<Row[]>,
): Promise<Row[]> {
  const found: Row[] = [];
  for (let from = after; ;) {
    const upTo = await endOf(from);
    found.push(...(await search({ after: from, upTo })));
    if (upTo === undefined || found.length >= first) return found.slice(0, first);
    from = upTo;
  }
}
