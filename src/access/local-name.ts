import { isIP } from 'node:net';

/**
 * Whether the `Host` of a request is an address or a name for this machine that nobody can register. A web page whose
 * name was made to stand for 127.0.0.1 sends that name, and counts as its own site for the browser.
 * @param host header with or without a port; undefined for clients before HTTP/1.1, which are no browsers.
 */
export function isLocalName(host: string | undefined): boolean {
  if (host === undefined) return true;
  const name = host.replace(/:\d*$/, '').toLowerCase();
  return name === 'localhost' || name.endsWith('.localhost') || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
}
