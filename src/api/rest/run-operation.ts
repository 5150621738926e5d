import type { ApolloServer } from '@apollo/server';
import { isErrorCode, ServiceError } from '../../errors.js';
import { requireRequest } from '../middleware/request-context.js';
import type { RequestContext } from '../middleware/request-context.js';
import type { Operation } from './documents.js';

/** Runs one of the fixed documents. @throws ServiceError as the operation reported it. */
export type RunOperation = <Data, Variables extends Record<string, unknown>>(
  operation: Operation<Data, Variables>,
  variables: Variables,
) => Promise<Data>;

/** Runs operations in process, under the same rules, limits and error catalogue as over the network. */
export function createRunOperation(apollo: ApolloServer<RequestContext>): RunOperation {
  return async <Data, Variables extends Record<string, unknown>>(
    { document }: Operation<Data, Variables>,
    variables: Variables,
  ): Promise<Data> => {
    const { body } = await apollo.executeOperation<Data, Variables>(
      { query: document, variables },
      { contextValue: requireRequest() },
    );
    if (body.kind !== 'single') throw new Error('A fixed document gave an incremental answer.');
    const { data, errors } = body.singleResult;
    const [error] = errors ?? [];
    if (error !== undefined) {
      const { code, retryAfterSeconds } = error.extensions ?? {};
      throw isErrorCode(code)
        ? new ServiceError(code, {
            message: error.message,
            ...(typeof retryAfterSeconds === 'number' && { retryAfterSeconds }),
          })
        : new Error(`A fixed document was refused: ${error.message}`);
    }
    if (data === undefined || data === null) throw new Error('A fixed document gave no data.');
    return data;
  };
}
