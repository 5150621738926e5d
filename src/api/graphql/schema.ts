import 'reflect-metadata';
import { lexicographicSortSchema, printSchema } from 'graphql';
import type { GraphQLSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { guardOperations } from './operations/guard-operations.js';
import { InspectionResolver } from './inspection-resolver.js';
import { UserResolver } from './user-resolver.js';

/** The schema, answered by the given resolvers; without them it can be printed but not executed. */
export function buildGraphqlSchema(...resolvers: (UserResolver | InspectionResolver)[]): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [UserResolver, InspectionResolver],
    container: { get: (type) => resolvers.find((resolver) => resolver instanceof type) },
    // The rules about arguments belong to the domain, where both interfaces meet them.
    validate: false,
  });
  return guardOperations(schema);
}

/** The schema in the definition language, in a stable order. */
export function printGraphqlSchema(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
