import { buildGraphqlSchema, printGraphqlSchema } from './graphql/schema.js';
import { openApiDocument } from './rest/openapi.js';

/** The published contracts by file name under schema/, as the running code has them. */
export function renderContracts(): Readonly<Record<'schema.graphql' | 'openapi.json', string>> {
  return {
    'schema.graphql': printGraphqlSchema(buildGraphqlSchema()),
    'openapi.json': `${JSON.stringify(openApiDocument, null, 2)}\n`,
  };
}
