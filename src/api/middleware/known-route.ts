const knownRoutes = ['/graphql', '/register', '/verify', '/healthz', '/readyz', '/openapi.json'] as const;

export type KnownRoute = (typeof knownRoutes)[number];

/** The route of a path, with or without its last slash. A path as sent can hold anything, so it is never repeated. */
export function knownRoute(path: string): KnownRoute | 'unknown' {
  const route = path.replace(/\/$/, '');
  return knownRoutes.find((known) => known === route) ?? 'unknown';
}
