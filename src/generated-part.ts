/**
 * A document whose part between `<!-- name -->` and `<!-- /name -->` is replaced.
 * @throws Error when the document has no such part.
 */
export function withGeneratedPart(markdown: string, name: string, part: string): string {
  const marked = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(\\n<!-- /${name} -->)`);
  if (!marked.test(markdown)) throw new Error(`The text has no place marked for the ${name}.`);
  return markdown.replace(marked, (_whole, start: string, end: string) => `${start}\n${part}\n${end}`);
}
