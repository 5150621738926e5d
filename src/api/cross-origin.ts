import cors from 'cors';
import type { RequestHandler } from 'express';
import type { Config } from '../config/config.js';

const SANDBOX_ORIGIN = 'https://studio.apollographql.com';

function allow(origins: string[]): RequestHandler {
  return cors({
    origin: origins,
    credentials: false,
    exposedHeaders: ['X-Request-Id', 'Retry-After', 'Preference-Applied', 'WWW-Authenticate'],
    maxAge: 600,
    preflightContinue: true,
  });
}

/** CORS for the REST routes: the configured origins only. */
export function restCors(config: Pick<Config, 'http'>): RequestHandler {
  return allow(config.http.corsOrigins.map((address) => new URL(address).origin));
}

/** CORS for /graphql: outside production Apollo's hosted Sandbox may call too. */
export function graphqlCors(config: Pick<Config, 'http' | 'production'>): RequestHandler {
  const configured = config.http.corsOrigins.map((address) => new URL(address).origin);
  return allow(config.production ? configured : [...configured, SANDBOX_ORIGIN]);
}
