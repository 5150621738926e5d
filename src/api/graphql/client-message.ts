import type { GraphQLError } from 'graphql';
import { FILE_EXPECTED } from './uploads/image-upload.js';
import { OperationLimitError } from './operations/operation-limits.js';

const OUTSIDE_SCHEMA = 'The operation does not fit the schema of this service';

/**
 * What a client reads of its own mistake: GraphQL's message without the values it repeats, which can be ids or whole
 * pictures and would go into the logs of clients and proxies. The position, in `locations`, shows where they are.
 * @param hideSchema leaves out names and types of the schema as well.
 */
export function clientMessage(error: GraphQLError, code: unknown, hideSchema: boolean): string {
  const { message, originalError } = error;
  switch (code) {
    case 'GRAPHQL_VALIDATION_FAILED':
      if (originalError instanceof OperationLimitError) return message;
      return hideSchema ? OUTSIDE_SCHEMA : withoutLiteral(message);
    case 'GRAPHQL_PARSE_FAILED':
      return message.replace(/\b(Name|Int|Float|String|BlockString|Comment) ".*"/s, '$1');
    case 'BAD_USER_INPUT':
      return withoutVariableValue(message);
    case 'OPERATION_RESOLUTION_FAILURE':
      return message.replace(
        /^Unknown operation named .*/s,
        'The document has no operation of the name given.',
      );
    default:
      return message;
  }
}

function withoutLiteral(message: string): string {
  return message
    .replace(/( cannot represent .*?value): .*/s, '$1.')
    .replace(/^(Expected value of type "[^"]*"), found .*/s, '$1.');
}

function withoutVariableValue(message: string): string {
  const variable = /^Variable "\$\w+" got invalid value/.exec(message)?.[0];
  if (variable === undefined) return message;
  return message.endsWith(FILE_EXPECTED) ? `${variable}; ${FILE_EXPECTED}` : `${variable} for its type.`;
}
