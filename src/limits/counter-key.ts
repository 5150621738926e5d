import { createHash } from 'node:crypto';

/** Key of a counter, at most 128 characters: what is counted, and a hash for each of those concerned. */
export function counterKey(kind: string, ...parts: readonly string[]): string {
  return [kind, ...parts.map(digest)].join(':');
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
