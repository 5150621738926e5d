import { isIPv4, isIPv6 } from 'node:net';

/**
 * What one client is taken to be behind: its IPv4 address, or the first 64 bits of its IPv6 address, of which a single
 * line has 2^64 (RFC 6177).
 * @returns for example `192.0.2.1` or `2001:db8:0:1::/64`; text that is no address as it is.
 */
export function clientNetwork(address: string): string {
  const plain = address.replace(/%.*$/, '');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1];
  if (mapped !== undefined && isIPv4(mapped)) return mapped;
  if (!isIPv6(plain)) return plain;
  // URLs have one spelling for each address, in which only `::` is left to expand.
  const [head = '', tail] = new URL(`http://[${plain}]/`).hostname.slice(1, -1).split('::');
  const groups = head === '' ? [] : head.split(':');
  const rest = tail === undefined || tail === '' ? [] : tail.split(':');
  const all = [...groups, ...Array<string>(8 - groups.length - rest.length).fill('0'), ...rest];
  return `${all.slice(0, 4).join(':')}::/64`;
}
