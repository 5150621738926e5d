import type { Request } from 'express';

/** Whether the client asks for the body of a successful answer: `Prefer: return=representation`, RFC 7240. */
export function prefersRepresentation(request: Request): boolean {
  const preferences = request.get('prefer')?.split(',') ?? [];
  return preferences.some((preference) => /^\s*return\s*=\s*("?)representation\1\s*(;|$)/i.test(preference));
}
