import type { ReceivedImage } from '../graphql/uploads/image-upload.js';

/** A fixed GraphQL document with the types of what goes in and what comes out. */
export interface Operation<Data, Variables> {
  readonly document: string;
  /** Never set: carries the types. */
  readonly types?: { readonly data: Data; readonly variables: Variables };
}

export interface ListedUser {
  readonly id: string;
  readonly timestamp: Date;
}

export const listUsers: Operation<{ users: ListedUser[] }, { first: number; after: string | null }> = {
  document: 'query ($first: Int!, $after: ID) { users(first: $first, after: $after) { id timestamp } }',
};

export const registerUser: Operation<
  { registerUser: { message: string } },
  { id: string; image: ReceivedImage }
> = {
  document: 'mutation ($id: ID!, $image: Upload!) { registerUser(id: $id, image: $image) { message } }',
};

export const verifyUser: Operation<
  { verifyUser: { message: string; recognition: string | null; verified: boolean } },
  { id: string; image: ReceivedImage }
> = {
  document:
    'mutation ($id: ID!, $image: Upload!) { verifyUser(id: $id, image: $image) { message recognition verified } }',
};

export const deleteUser: Operation<
  { deleteUser: { message: string; filesDeleted: string[] } },
  { id: string }
> = {
  document: 'mutation ($id: ID!) { deleteUser(id: $id) { message filesDeleted } }',
};
