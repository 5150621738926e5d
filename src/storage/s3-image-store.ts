import type * as S3 from '@aws-sdk/client-s3';
import type { S3Location } from '../config/config.js';
import { ServiceError } from '../errors.js';
import { assertImageKey } from './image-key.js';
import type { ImageStore, ImageStoreInventory } from './image-store.js';

/** An object of its own that shows that the bucket can be written and read. */
const PROBE_NAME = '.facial-verification';
const probe = Buffer.from('Shows that the image store can be written.\n');

/**
 * S3 accepts a signed request for 15 minutes, so one that a proxy holds back cannot happen later than that:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */
const SIGNATURE_LIFETIME_MS = 15 * 60_000;

export interface S3ImageStoreOptions {
  /**
   * Milliseconds to wait for a connection.
   * @default 2_000
   */
  readonly connectTimeoutMs?: number;
  /**
   * Milliseconds to wait for the answer to one attempt.
   * @default 10_000
   */
  readonly attemptTimeoutMs?: number;
  /**
   * Milliseconds for one operation, all attempts together.
   * @default 25_000
   */
  readonly operationTimeoutMs?: number;
  /**
   * Attempts of one operation, with growing pauses between them.
   * @default 3
   */
  readonly attempts?: number;
}

/** Image files in a bucket of Amazon S3 or of a store that speaks its protocol. */
export class S3ImageStore implements ImageStore, ImageStoreInventory {
  readonly lateWriteMs = SIGNATURE_LIFETIME_MS;

  private constructor(
    private readonly s3: typeof S3,
    private readonly client: S3.S3Client,
    private readonly location: S3Location,
    private readonly operationTimeoutMs: number,
  ) {}

  /**
   * Writes a small object of its own first, so that a wrong bucket or missing rights show now.
   * @throws Error when the optional package is not installed or the bucket cannot be written.
   */
  static async open(location: S3Location, options: S3ImageStoreOptions = {}): Promise<S3ImageStore> {
    const { connectTimeoutMs = 2000, attemptTimeoutMs = 10_000, operationTimeoutMs = 25_000 } = options;
    const s3 = await loadClient();
    const { endpoint, region, credentials } = location;
    const client = new s3.S3Client({
      ...(region !== undefined && { region }),
      ...(credentials !== undefined && { credentials }),
      ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
      // Other stores do not know the checksums that the SDK adds by itself.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      maxAttempts: options.attempts ?? 3,
      requestHandler: {
        connectionTimeout: connectTimeoutMs,
        requestTimeout: attemptTimeoutMs,
        throwOnRequestTimeout: true,
        socketTimeout: attemptTimeoutMs,
      },
    });
    const store = new S3ImageStore(s3, client, location, operationTimeoutMs);
    try {
      await store.#put(PROBE_NAME, probe);
      return store;
    } catch (error) {
      store.close();
      const { cause } = error instanceof ServiceError ? error : new Error('', { cause: error });
      throw new Error(
        `IMAGE_STORE: nothing can be written to the bucket ${location.bucket}. Check its name, its region, the endpoint and the AWS credentials.`,
        { cause },
      );
    }
  }

  put(key: string, bytes: Uint8Array): Promise<void> {
    assertImageKey(key);
    return this.#put(key, bytes);
  }

  /** @throws Error when there is no such file; ServiceError UNAVAILABLE when the store does not answer. */
  get(key: string): Promise<Uint8Array> {
    assertImageKey(key);
    return this.#send('GetObject', async (abortSignal) => {
      const command = new this.s3.GetObjectCommand(this.#object(key));
      const { Body } = await this.client.send(command, { abortSignal });
      if (Body === undefined) throw new Error('The answer had no body.');
      return Body.transformToByteArray();
    });
  }

  delete(key: string): Promise<void> {
    assertImageKey(key);
    return this.#send('DeleteObject', async (abortSignal) => {
      await this.client.send(new this.s3.DeleteObjectCommand(this.#object(key)), { abortSignal });
    });
  }

  async *names(): AsyncIterable<string> {
    const { bucket, prefix } = this.location;
    let token: string | undefined;
    do {
      const page = await this.#send('ListObjectsV2', (abortSignal) =>
        this.client.send(
          new this.s3.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
          { abortSignal },
        ),
      );
      for (const { Key = '' } of page.Contents ?? []) {
        const name = Key.slice(prefix.length);
        if (name !== PROBE_NAME) yield name;
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  has(key: string): Promise<boolean> {
    assertImageKey(key);
    return this.#exists(key);
  }

  async ping(): Promise<void> {
    // A missing bucket looks the same as a missing object, so the object is written again.
    if (!(await this.#exists(PROBE_NAME))) await this.#put(PROBE_NAME, probe);
  }

  /** Ends idle connections. */
  close(): void {
    this.client.destroy();
  }

  #put(name: string, bytes: Uint8Array): Promise<void> {
    return this.#send('PutObject', async (abortSignal) => {
      const command = new this.s3.PutObjectCommand({ ...this.#object(name), Body: bytes });
      await this.client.send(command, { abortSignal });
    });
  }

  async #exists(name: string): Promise<boolean> {
    return this.#send('HeadObject', async (abortSignal) => {
      try {
        await this.client.send(new this.s3.HeadObjectCommand(this.#object(name)), { abortSignal });
        return true;
      } catch (error) {
        if (isMissing(error)) return false;
        throw error;
      }
    });
  }

  #object(name: string): { Bucket: string; Key: string } {
    return { Bucket: this.location.bucket, Key: this.location.prefix + name };
  }

  async #send<T>(operation: string, work: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await work(AbortSignal.timeout(this.operationTimeoutMs));
    } catch (error) {
      const cause = new Error(`${operation}: ${describe(error)}`);
      throw isMissing(error) ? cause : new ServiceError('UNAVAILABLE', { cause });
    }
  }
}

async function loadClient(): Promise<typeof S3> {
  try {
    return await import('@aws-sdk/client-s3');
  } catch (cause) {
    throw new Error(
      'IMAGE_STORE=s3://… needs the package @aws-sdk/client-s3, which is not installed. Run "npm ci" without leaving out optional packages.',
      { cause },
    );
  }
}

function statusOf(error: unknown): unknown {
  if (!(error instanceof Error && '$metadata' in error)) return undefined;
  const { $metadata: metadata } = error;
  return typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
    ? metadata.httpStatusCode
    : undefined;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && (error.name === 'NoSuchKey' || error.name === 'NotFound');
}

/** The SDK's own error also carries the access key and whatever else the store answered: too much for a log. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  const status = statusOf(error);
  return `${error.name}: ${error.message}${typeof status === 'number' ? ` (HTTP ${status})` : ''}`;
}
