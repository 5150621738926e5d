import type { Server } from 'node:http';

/**
 * Starts to listen.
 * @returns the address, for example `http://127.0.0.1:4000`.
 * @throws what the operating system says, for example that the port is in use.
 */
export function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      const bound = server.address();
      if (bound === null || typeof bound === 'string')
        reject(new Error(`The server listens on no TCP port of ${host}.`));
      else resolve(`http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`);
    });
  });
}
