import { defaultFieldResolver } from 'graphql';
import type { GraphQLField, GraphQLSchema } from 'graphql';
import type { ErrorCode } from '../../../errors.js';
import type { ServiceMetrics } from '../../../metrics/service-metrics.js';
import type { RequestContext } from '../../middleware/request-context.js';
import { toServiceError } from '../format-error.js';

/** Counts and times each field of Query and Mutation that is run; its aliases and the operation's name are not looked at. */
export function measureOperations(
  schema: GraphQLSchema,
  metrics: Pick<ServiceMetrics, 'operation'>,
): GraphQLSchema {
  for (const type of [schema.getQueryType(), schema.getMutationType()])
    for (const field of Object.values(type?.getFields() ?? {})) measure(field, metrics);
  return schema;
}

function measure(field: GraphQLField<unknown, unknown>, metrics: Pick<ServiceMetrics, 'operation'>): void {
  const { name: operation, resolve = defaultFieldResolver } = field;
  field.resolve = async (source, args, context, info) => {
    const started = performance.now();
    const tell = (outcome: ErrorCode | 'ok'): void => {
      const { interface: by } = context as RequestContext;
      metrics.operation({ operation, interface: by, outcome }, performance.now() - started);
    };
    try {
      const result: unknown = await resolve(source, args, context, info);
      tell('ok');
      return result;
    } catch (error) {
      tell(toServiceError(error).code);
      throw error;
    }
  };
}
