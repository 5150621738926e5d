const WIDTH = 30;

/** A bar on a terminal, or a line for every tenth where the output is kept. */
export class ProgressBar {
  readonly #started = performance.now();
  #done = 0;
  #lastTenth = 0;

  constructor(
    private readonly title: string,
    private readonly total: number,
    private readonly output: NodeJS.WriteStream = process.stderr,
  ) {}

  step(): void {
    this.#done += 1;
    const part = this.#done / this.total;
    if (this.output.isTTY) {
      const bar = '█'.repeat(Math.round(part * WIDTH)).padEnd(WIDTH, '·');
      this.output.write(`\r${this.title} ${bar} ${this.#text()}${part === 1 ? '\n' : ''}`);
    } else if (Math.floor(part * 10) > this.#lastTenth) {
      this.#lastTenth = Math.floor(part * 10);
      this.output.write(`${this.title} ${this.#text()}\n`);
    }
  }

  #text(): string {
    const seconds = (performance.now() - this.#started) / 1000;
    const left = Math.round((seconds / this.#done) * (this.total - this.#done));
    return `${this.#done}/${this.total}, ${(this.#done / seconds).toFixed(1)}/s, ${left} s left `;
  }
}
