/** What verification said, by either interface. */
export interface Verification {
  readonly recognition: string | null;
  readonly verified: boolean;
  /** Null over REST, whose documented answer has no similarity. */
  readonly similarity: number | null;
}

/** A client as an application would write it, with nothing but `fetch`. */
export class ServiceClient {
  constructor(private readonly address: string) {}

  async registerOverRest(id: string, image: Buffer): Promise<void> {
    const response = await fetch(`${this.address}/register/`, { method: 'POST', body: restForm(id, image) });
    if (response.status !== 201) throw new Error(`Registration of ${id}: ${await response.text()}`);
  }

  async verifyOverRest(id: string, image: Buffer): Promise<Verification> {
    const response = await fetch(`${this.address}/verify/`, { method: 'POST', body: restForm(id, image) });
    if (response.status !== 200) throw new Error(`Verification of ${id}: ${await response.text()}`);
    const { recognition, verified } = (await response.json()) as Omit<Verification, 'similarity'>;
    return { recognition, verified, similarity: null };
  }

  async verifyOverGraphql(id: string, image: Buffer): Promise<Verification> {
    const data = await this.#graphql<{ verifyUser: Verification }>(
      'mutation ($id: ID!, $image: Upload!) { verifyUser(id: $id, image: $image) { recognition verified similarity } }',
      { id, image: null },
      image,
    );
    return data.verifyUser;
  }

  async users(): Promise<string[]> {
    const data = await this.#graphql<{ users: { id: string }[] }>('{ users { id } }', {});
    return data.users.map((user) => user.id);
  }

  async deleteOverGraphql(id: string): Promise<string[]> {
    const data = await this.#graphql<{ deleteUser: { filesDeleted: string[] } }>(
      'mutation ($id: ID!) { deleteUser(id: $id) { filesDeleted } }',
      { id },
    );
    return data.deleteUser.filesDeleted;
  }

  async #graphql<Data>(query: string, variables: Record<string, unknown>, image?: Buffer): Promise<Data> {
    const response = await fetch(`${this.address}/graphql`, {
      method: 'POST',
      ...(image === undefined
        ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query, variables }) }
        : { headers: { 'apollo-require-preflight': 'true' }, body: graphqlForm(query, variables, image) }),
    });
    const answer = (await response.json()) as { data?: Data | null; errors?: { message: string }[] };
    if (answer.errors !== undefined || answer.data == null) {
      throw new Error(answer.errors?.map((error) => error.message).join('; ') ?? 'The answer holds no data.');
    }
    return answer.data;
  }
}

/** The documented multipart body of a deletion. */
export function idForm(id: string): FormData {
  const form = new FormData();
  form.set('id', id);
  return form;
}

/** The documented multipart body of a registration or a verification. */
export function restForm(id: string, image: Buffer): FormData {
  const form = idForm(id);
  form.set('image', new Blob([image]), 'face');
  return form;
}

/** See https://github.com/jaydenseric/graphql-multipart-request-spec. */
export function graphqlForm(query: string, variables: Record<string, unknown>, image: Buffer): FormData {
  const form = new FormData();
  form.set('operations', JSON.stringify({ query, variables }));
  form.set('map', JSON.stringify({ 0: ['variables.image'] }));
  form.set('0', new Blob([image]), 'face');
  return form;
}
