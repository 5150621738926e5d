import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { RequestOptions } from '../../src/users/user-service.js';
import { startApi, type RunningApi } from '../support/api/api.js';
import { request, userForm } from '../support/api/http.js';
import { testRequest } from '../support/api/test-origin.js';

let running: RunningApi;

beforeEach(async () => {
  const started = await startApi();
  running = started;
  onTestFinished(() => started.close());
});

const deleteOverRest = (id: string, requestId: string) =>
  fetch(`${running.url}/register/`, {
    method: 'DELETE',
    headers: { 'Content-Type': 'application/json', 'X-Request-Id': requestId },
    body: JSON.stringify({ id }),
  });

const deleteOverGraphql = (id: string, requestId: string) =>
  fetch(`${running.url}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Request-Id': requestId },
    body: JSON.stringify({
      query: 'mutation ($id: ID!) { deleteUser(id: $id) { message } }',
      variables: { id },
    }),
  });

describe('a deletion', () => {
  const deletions = [
    ['REST', deleteOverRest],
    ['GraphQL', deleteOverGraphql],
  ] as const;

  it.each(deletions)('over %s reaches the repository with its caller and request id', async (_, remove) => {
    await running.users.register('ada', Buffer.from('face'), testRequest);
    let seen: RequestOptions | undefined;
    running.users.before = (_operation, options) => {
      seen = options;
      return Promise.resolve();
    };
    await remove('ada', 'delete-1');
    expect(seen?.origin).toEqual({ actor: 'anyone', requestId: 'delete-1' });
    expect(running.users.faces.size).toBe(0);
  });

  it.each(deletions)('over %s that is refused is noted with its caller and request id', async (_, remove) => {
    await remove('nobody', 'delete-2');
    expect(running.audited).toEqual([
      {
        actor: 'anyone',
        requestId: 'delete-2',
        operation: 'delete',
        userId: 'nobody',
        outcome: 'USER_NOT_FOUND',
      },
    ]);
  });
});

it('notes a decision with its caller and request id', async () => {
  await running.users.register('ada', Buffer.from('face'), testRequest);
  const form = userForm('ada', 'face');
  const headers = { ...form.headers, 'X-Request-Id': 'verify-1' };
  await request(running.port, { method: 'POST', path: '/verify/', ...form, headers });
  expect(running.audited).toEqual([
    { actor: 'anyone', requestId: 'verify-1', operation: 'verify', userId: 'ada', outcome: 'accepted' },
  ]);
});
