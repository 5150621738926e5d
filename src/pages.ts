/**
 * Everything of a paged list, page by page.
 * @param read gives the page after a cursor; the list ends with an empty page.
 * @param cursorOf where the page after an item begins.
 */
export async function* everyItem<Item, Cursor>(
  read: (after: Cursor | undefined) => Promise<readonly Item[]>,
  cursorOf: (item: Item) => Cursor,
): AsyncGenerator<Item, void> {
  let after: Cursor | undefined;
  for (;;) {
    const page = await read(after);
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    after = cursorOf(last);
  }
}
