import { Agent, request } from 'node:http';

/** A request prepared once and sent many times. */
export interface PreparedRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Whether an answer with status 200 says what it should. */
  readonly isRight: (answer: string) => boolean;
}

export interface LoadResult {
  /** Milliseconds of each right answer. */
  readonly latencies: readonly number[];
  /** Right answers per second in each third of the run. */
  readonly rates: readonly number[];
  /** Answers per status other than 200. */
  readonly refused: Readonly<Record<number, number>>;
}

export interface LoadOptions {
  readonly address: string;
  readonly clients: number;
  /** Length of the run; goes on until there are `minAnswers`. */
  readonly seconds: number;
  readonly minAnswers: number;
}

/**
 * Clients that each send the next request when the last is answered.
 * @throws Error for an answer with status 200 that is wrong: a fast wrong answer is no result.
 */
export async function closedLoop(prepared: PreparedRequest, options: LoadOptions): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: options.clients });
  const answers: { at: number; latency: number }[] = [];
  const refused: Record<number, number> = {};
  const begin = performance.now();
  let asked = 0;
  const going = () => performance.now() - begin < options.seconds * 1000 || asked < options.minAnswers;
  const client = async (): Promise<void> => {
    while (going()) {
      asked += 1;
      const start = performance.now();
      const { status, text } = await send(options.address, prepared, agent);
      const at = performance.now();
      if (status !== 200) refused[status] = (refused[status] ?? 0) + 1;
      else if (prepared.isRight(text)) answers.push({ at: at - begin, latency: at - start });
      else throw new Error(`A wrong answer: ${text}`);
    }
  };
  await Promise.all(Array.from({ length: options.clients }, client));
  const length = performance.now() - begin;
  agent.destroy();
  const rates = [0, 1, 2].map((third) => {
    const inside = answers.filter(({ at }) => Math.min(2, Math.floor((at * 3) / length)) === third);
    return inside.length / (length / 3000);
  });
  return { latencies: answers.map(({ latency }) => latency), rates, refused };
}

function send(
  address: string,
  { path, headers, body }: PreparedRequest,
  agent: Agent,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${address}${path}`,
      { method: 'POST', agent, headers: { ...headers, 'content-length': body.length } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
