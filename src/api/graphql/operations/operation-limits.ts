import { GraphQLError, Kind } from 'graphql';
import { MAX_IMAGES_PER_REGISTRATION } from '../../../users/image-limits.js';
import { MAX_USERS_PER_QUERY } from './list-limits.js';
import type { FieldNode, SelectionSetNode, ValidationContext, ValidationRule } from 'graphql';

/** Aliases would otherwise turn one request into any number of registrations, comparisons or listings. */
export const operationLimits = {
  /** Fields of Query or Mutation in one operation. */
  maxRootFields: 4,
  /** Fields that take pictures: each costs face extractions. */
  maxImageFields: 1,
  /** Values in all lists of users together: so many pages of 10 000 with one field, or one page with so many fields. */
  maxListedValues: 4 * MAX_USERS_PER_QUERY,
  /** Lexical tokens of a document, checked while parsing. */
  maxTokens: 1_000,
} as const;

/** An operation that asks for too much, though it fits the schema. */
export class OperationLimitError extends GraphQLError {}

/** How many pictures each field takes at most; all other fields take none. */
const imagesOfField: Readonly<Record<string, number>> = {
  registerUser: MAX_IMAGES_PER_REGISTRATION,
  addUserImage: 1,
  verifyUser: 1,
  analyseFace: 1,
  compareFaces: 2,
  identifyFace: 1,
};

/** Most pictures that any operation takes. */
export const maxImages = Math.max(...Object.values(imagesOfField));

/**
 * Most pictures that a document can make use of. Reads it without parsing, since pictures follow it on the wire: a
 * field only mentioned in a comment counts too, a field that is used never goes uncounted.
 */
export function imagesOf(document: string): number {
  const names = document.match(/\w+/g) ?? [];
  return Math.max(0, ...names.map((name) => imageCount(name)));
}

function imageCount(field: string): number {
  return Object.hasOwn(imagesOfField, field) ? (imagesOfField[field] ?? 0) : 0;
}

/** Fields of Query or Mutation that an operation asks for, also those in fragments. */
export function rootFields(
  context: Pick<ValidationContext, 'getFragment'>,
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

/** Most values that a field can list: an alias of an alias costs nothing to write, but 10 000 values to answer. */
function listedValues(
  context: ValidationContext,
  { name, arguments: given, selectionSet }: FieldNode,
): number {
  if (name.value !== 'users' || selectionSet === undefined) return 0;
  const first = given?.find((argument) => argument.name.value === 'first')?.value;
  const rows = first?.kind === Kind.INT ? Number(first.value) : MAX_USERS_PER_QUERY;
  const names = rootFields(context, selectionSet).map((field) => (field.alias ?? field.name).value);
  return Math.max(0, rows) * new Set(names).size;
}

/**
 * Bounds the work that one operation can ask for. Depth needs no rule: no type refers to itself, and GraphQL's own
 * rules bound the depth of introspection.
 */
export const operationLimitsRule: ValidationRule = (context) => ({
  OperationDefinition(operation) {
    const fields = rootFields(context, operation.selectionSet);
    const { maxRootFields, maxImageFields, maxListedValues } = operationLimits;
    if (fields.length > maxRootFields)
      context.reportError(
        new OperationLimitError(`An operation can have ${maxRootFields} root fields at most.`, {
          nodes: operation,
        }),
      );
    if (fields.reduce((sum, field) => sum + listedValues(context, field), 0) > maxListedValues)
      context.reportError(
        new OperationLimitError(
          `An operation can list ${maxListedValues} values at most; ask for fewer users or fields.`,
          { nodes: operation },
        ),
      );
    if (fields.filter((field) => imageCount(field.name.value) > 0).length > maxImageFields)
      context.reportError(
        new OperationLimitError('An operation can have one field that takes pictures at most.', {
          nodes: operation,
        }),
      );
  },
});
