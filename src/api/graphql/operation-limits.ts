import { GraphQLError, Kind } from 'graphql';
import type { FieldNode, SelectionSetNode, ValidationContext, ValidationRule } from 'graphql';

/** Aliases would otherwise turn one request into any number of registrations, comparisons or listings. */
export const operationLimits = {
  /** Fields of Query or Mutation in one operation. */
  maxRootFields: 4,
  /** `registerUser` and `verifyUser` together: each costs a face extraction. */
  maxPictureFields: 1,
  /** Lexical tokens of a document, checked while parsing. */
  maxTokens: 1_000,
} as const;

const pictureFields = new Set(['registerUser', 'verifyUser']);

function rootFields(
  context: ValidationContext,
  selectionSet: SelectionSetNode,
  seenFragments = new Set<string>(),
): FieldNode[] {
  return selectionSet.selections.flatMap((selection) => {
    switch (selection.kind) {
      case Kind.FIELD:
        return [selection];
      case Kind.INLINE_FRAGMENT:
        return rootFields(context, selection.selectionSet, seenFragments);
      case Kind.FRAGMENT_SPREAD: {
        const name = selection.name.value;
        if (seenFragments.has(name)) return [];
        seenFragments.add(name);
        const fragment = context.getFragment(name);
        return fragment ? rootFields(context, fragment.selectionSet, seenFragments) : [];
      }
    }
  });
}

/** Bounds the work that one operation can ask for; depth needs no rule, since no type refers to itself. */
export const operationLimitsRule: ValidationRule = (context) => ({
  OperationDefinition(operation) {
    const fields = rootFields(context, operation.selectionSet);
    const { maxRootFields, maxPictureFields } = operationLimits;
    if (fields.length > maxRootFields)
      context.reportError(
        new GraphQLError(`An operation can have ${maxRootFields} root fields at most.`, { nodes: operation }),
      );
    if (fields.filter((field) => pictureFields.has(field.name.value)).length > maxPictureFields)
      context.reportError(
        new GraphQLError('An operation can have one of registerUser and verifyUser at most.', {
          nodes: operation,
        }),
      );
  },
});
