import { z } from 'zod';
import { environmentSchema } from './environment-schema.js';
import { withGeneratedPart } from '../generated-part.js';

interface Described {
  readonly description?: string;
  readonly default?: unknown;
}

/** The configuration as a Markdown table: variable, default, meaning. */
export function configurationTable(): string {
  const { properties } = z.toJSONSchema(environmentSchema, { io: 'input', unrepresentable: 'any' });
  const rows = Object.entries(properties ?? {}).map(([name, schema]) => {
    const { description = '', default: fallback } = schema as Described;
    const shown =
      fallback === undefined || fallback === '' ? '' : `\`${JSON.stringify(fallback).replaceAll('"', '')}\``;
    return `| \`${name}\` | ${shown} | ${description} |`;
  });
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

/** @returns the text with the configuration table between its two marks brought up to date. */
export function withConfigurationTable(markdown: string): string {
  return withGeneratedPart(markdown, 'configuration', configurationTable());
}
