/** Whether rows have exactly the given ids, none of which occurs twice; never of no rows at all. */
export function holdsExactly(rows: readonly { readonly id: string }[], ids: readonly string[]): boolean {
  const expected = new Set(ids);
  return rows.length > 0 && rows.length === expected.size && rows.every(({ id }) => expected.has(id));
}

/** Whether rows have exactly the given ids, in any order. */
export function sameIds(rows: readonly { readonly id: string }[], ids: readonly string[]): boolean {
  return rows.length === ids.length && (ids.length === 0 || holdsExactly(rows, ids));
}
