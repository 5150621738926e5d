import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { messages } from '../messages.js';
import { listUsers } from './documents.js';
import type { ListedUser } from './documents.js';
import type { RunOperation } from './run-operation.js';

/** Users fetched at a time; at most one page waits for a slow client. */
export const USERS_PER_PAGE = 1_000;

function toJson(users: ListedUser[]): string {
  return users
    .map(({ id, timestamp }) => JSON.stringify({ id, timestamp: timestamp.toISOString().slice(0, 19) }))
    .join(',');
}

/**
 * Writes the documented list page by page, at the client's pace. A failure before the first byte is an ordinary
 * error; later it cuts the connection, so that nobody takes half a list for the whole one.
 */
export async function streamUsers(
  runOperation: RunOperation,
  request: Request,
  response: Response,
): Promise<void> {
  const page = async (after: string | null): Promise<ListedUser[]> =>
    (await runOperation(listUsers, { first: USERS_PER_PAGE, after })).users;
  const firstPage = await page(null);

  async function* body(): AsyncGenerator<string> {
    yield `{"message":${JSON.stringify(messages.listed)},"data":[${toJson(firstPage)}`;
    let last = firstPage;
    while (last.length === USERS_PER_PAGE) {
      last = await page(last.at(-1)?.id ?? null);
      if (last.length > 0) yield `,${toJson(last)}`;
    }
    yield ']}';
  }

  response.status(200).type('json');
  if (request.method === 'HEAD') response.end();
  else await pipeline(Readable.from(body()), response);
}
