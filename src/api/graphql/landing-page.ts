import { HeaderMap } from '@apollo/server';
import type { ApolloServer } from '@apollo/server';
import type { RequestHandler } from 'express';
import { requireRequest } from '../middleware/request-context.js';
import type { RequestContext } from '../middleware/request-context.js';

const SCRIPTS = 'https://embeddable-sandbox.cdn.apollographql.com';
const PICTURES = 'https://apollo-server-landing-page.cdn.apollographql.com';

function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' ${SCRIPTS}`,
    `style-src 'nonce-${nonce}' ${SCRIPTS} https://fonts.googleapis.com`,
    'font-src https://fonts.gstatic.com',
    `img-src ${PICTURES}`,
    `manifest-src ${PICTURES}`,
    'frame-src https://sandbox.embed.apollographql.com',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Shows Apollo's Sandbox to browsers that open /graphql; the only page that may load anything from elsewhere. */
export function landingPage(apollo: ApolloServer<RequestContext>): RequestHandler {
  return async (request, response, next) => {
    const isPage =
      request.method === 'GET' && request.accepts(['application/json', 'text/html']) === 'text/html';
    if (!isPage) {
      next();
      return;
    }
    const { body } = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: 'GET',
        headers: new HeaderMap([['accept', 'text/html']]),
        search: '',
        body: undefined,
      },
      context: () => Promise.resolve(requireRequest()),
    });
    const html = body.kind === 'complete' ? body.string : '';
    const nonce = /<script nonce="([0-9a-f]+)"/.exec(html)?.[1];
    if (nonce === undefined) throw new Error('The landing page of this @apollo/server carries no nonce.');
    response.set('Content-Security-Policy', contentSecurityPolicy(nonce)).type('html').send(html);
  };
}
