import 'reflect-metadata';
import { lexicographicSortSchema, printSchema } from 'graphql';
import type { GraphQLSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { UserResolver } from './user-resolver.js';

/** The schema, answered by the given resolver; without one it can be printed but not executed. */
export function buildGraphqlSchema(resolver?: UserResolver): GraphQLSchema {
  return buildSchemaSync({
    resolvers: [UserResolver],
    container: { get: () => resolver },
    // The rules about arguments belong to the domain, where both interfaces meet them.
    validate: false,
  });
}

/** The schema in the definition language, in a stable order. */
export function printGraphqlSchema(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
