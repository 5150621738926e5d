import type { WriteStream } from 'node:tty';

const BAR_WIDTH = 30;
const REDRAW_MS = 100;
const PLAIN_LINES = 10;

/** The part of `process.stdout` that is used. */
export type Output = Pick<WriteStream, 'write'> & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>;

/** Shows how far a long job has come: a bar on a terminal, else a line at every tenth part. */
export class Progress {
  #done = 0;
  #drawnAt = 0;
  readonly #startedAt = Date.now();

  constructor(
    private readonly output: Output,
    private readonly total: number,
  ) {}

  update(done: number): void {
    const plainStep = Math.max(1, Math.ceil(this.total / PLAIN_LINES));
    const crossed = Math.floor(done / plainStep) > Math.floor(this.#done / plainStep);
    this.#done = done;
    if (this.output.isTTY) this.#draw(done === this.total);
    else if (crossed || done === this.total) this.output.write(`${done} of ${this.total}\n`);
  }

  /** Prints a line above the bar. */
  line(text: string): void {
    // Names of files may hold sequences that steer a terminal.
    this.#erase();
    this.output.write(`${text.replaceAll(/\p{Cc}/gu, '\ufffd')}\n`);
    if (this.output.isTTY && this.#done < this.total) this.#draw(true);
  }

  /** Removes the bar. */
  end(): void {
    this.#erase();
  }

  #erase(): void {
    if (this.output.isTTY) this.output.write('\r\u001b[K');
  }

  #draw(now: boolean): void {
    const time = Date.now();
    if (!now && time - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = time;
    const share = this.total === 0 ? 1 : this.#done / this.total;
    const filled = Math.round(share * BAR_WIDTH);
    const seconds = (time - this.#startedAt) / 1000;
    const left =
      this.#done === 0 ? '' : `, ${Math.ceil((seconds / this.#done) * (this.total - this.#done))} s left`;
    const text = `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}] ${this.#done} of ${this.total}${left}`;
    this.output.write(`\r\u001b[K${text.slice(0, (this.output.columns ?? 80) - 1)}`);
  }
}
