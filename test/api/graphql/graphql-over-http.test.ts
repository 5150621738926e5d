import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApi } from '../../support/api/api.js';
import type { RunningApi } from '../../support/api/api.js';

/** Audits that are not met, each for a reason; everything else must be. */
const expectedExceptions: Readonly<Record<string, 'notice' | 'warn'>> = {
  // GET without the header that protects browsers against cross-site requests is refused.
  '5A70': 'notice',
  D6D5: 'notice',
  '6A70': 'notice',
  // Apollo's choice of status for these refusals with Accept: application/json.
  '572B': 'warn',
  FDE2: 'warn',
  '7B9B': 'warn',
};

let running: RunningApi;

beforeAll(async () => {
  running = await startApi();
});
afterAll(() => running.close());

it('meets the GraphQL over HTTP audits, apart from the known exceptions', async () => {
  const audits = serverAudits({ url: () => `${running.url}/graphql`, fetchFn: fetch });
  const results = await Promise.all(audits.map((audit) => audit.fn()));
  expect(results).toHaveLength(61);
  const notOk = results.filter(({ status }) => status !== 'ok');
  expect(Object.fromEntries(notOk.map(({ id, status }) => [id, status]))).toEqual(expectedExceptions);
});
