import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import S3rver from 's3rver';
import { onTestFinished, vi } from 'vitest';
import type { S3Location } from '../../src/config/config.js';
import { startFaultyProxy, type FaultyProxy } from './faulty-proxy.js';
import { temporaryFolder } from './temporary-folder.js';

export interface S3Server {
  readonly proxy: FaultyProxy;
  readonly location: S3Location & { readonly endpoint: string };
  /** Image keys in the bucket, past the protocol; the store's own object is left out. */
  readonly keys: () => string[];
}

const BUCKET = 'faces';
const OBJECT_SUFFIX = '._S3rver_object';

/** What the SDK's credential search finds, and s3rver accepts. */
export const s3Credentials = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' };

/** A real S3 server in this process with an empty bucket, behind a proxy that can break requests. */
export async function startS3Server(prefix = 'people/'): Promise<S3Server> {
  const directory = temporaryFolder();
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    vhostBuckets: false,
    configureBuckets: [{ name: BUCKET }],
  });
  const { port } = await server.run();
  onTestFinished(() => server.close());
  const proxy = await startFaultyProxy(port);
  onTestFinished(() => proxy.close());
  for (const [name, value] of Object.entries(s3Credentials)) vi.stubEnv(name, value);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const folder = join(directory, BUCKET, prefix);
  return {
    proxy,
    location: { bucket: BUCKET, prefix, endpoint: proxy.address, region: 'us-east-1' },
    keys: () =>
      !existsSync(folder)
        ? []
        : readdirSync(folder, { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile() && entry.name.endsWith(OBJECT_SUFFIX))
            .map((entry) =>
              relative(folder, join(entry.parentPath, entry.name)).slice(0, -OBJECT_SUFFIX.length),
            )
            .filter((key) => !key.startsWith('.'))
            .sort(),
  };
}
