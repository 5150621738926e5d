import { defaultFieldResolver } from 'graphql';
import type { GraphQLField, GraphQLResolveInfo, GraphQLSchema } from 'graphql';
import {
  assertAllowed,
  isOperation,
  requiredScopes,
  type Operation,
} from '../../../access/required-scopes.js';
import type { RequestContext } from '../../middleware/request-context.js';
import { rootFields } from './operation-limits.js';

/**
 * Lets each field of Query and Mutation run only for those who may, and says in its description who that is.
 * @throws Error for a field without required scopes: nothing is open by oversight.
 */
export function guardOperations(schema: GraphQLSchema): GraphQLSchema {
  for (const type of [schema.getQueryType(), schema.getMutationType()])
    for (const field of Object.values(type?.getFields() ?? {})) guard(field);
  return schema;
}

function guard(field: GraphQLField<unknown, unknown>): void {
  if (!isOperation(field.name)) throw new Error(`The field ${field.name} has no required scopes.`);
  const scopes = requiredScopes[field.name].map((scope) => `\`${scope}\``);
  const { description, resolve = defaultFieldResolver } = field;
  field.description = `${description ?? ''} Needs the scope${scopes.length > 1 ? 's' : ''} ${scopes.join(' and ')}.`;
  field.resolve = (source, args, context, info) => {
    // All of them before any: a request that is refused has done nothing.
    assertAllowed((context as RequestContext).principal, operationsOf(info));
    return resolve(source, args, context, info);
  };
}

function operationsOf({ operation, fragments }: GraphQLResolveInfo): Operation[] {
  const getFragment = (name: string) => fragments[name];
  return rootFields({ getFragment }, operation.selectionSet)
    .map(({ name }) => name.value)
    .filter(isOperation);
}
