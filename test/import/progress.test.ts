import { expect, it } from 'vitest';
import { Progress, type Output } from '../../src/import/progress.js';

function recorder(isTTY: boolean): Output & { readonly written: () => string } {
  const texts: string[] = [];
  return {
    isTTY,
    columns: 60,
    write: (text: string | Uint8Array) => {
      texts.push(String(text));
      return true;
    },
    written: () => texts.join(''),
  };
}

it('prints a line for every tenth part where nobody looks at a terminal', () => {
  const output = recorder(false);
  const progress = new Progress(output, 25);
  for (let done = 1; done <= 25; done += 1) progress.update(done);
  progress.end();
  expect(output.written().split('\n')).toEqual([
    ...[3, 6, 9, 12, 15, 18, 21, 24, 25].map((done) => `${done} of 25`),
    '',
  ]);
});

it('draws one bar on a terminal, within its width, and removes it', () => {
  const output = recorder(true);
  const progress = new Progress(output, 3);
  for (let done = 1; done <= 3; done += 1) progress.update(done);
  progress.end();
  const drawn = output.written();
  expect(drawn).toContain(`[${'#'.repeat(30)}] 3 of 3`);
  expect(drawn).not.toContain('\n');
  expect(drawn.endsWith('\r\u001b[K')).toBe(true);
  for (const frame of drawn.split('\r\u001b[K')) expect(frame.length).toBeLessThan(60);
});

it('prints lines above the bar, without what would steer the terminal', () => {
  const output = recorder(true);
  const progress = new Progress(output, 2);
  progress.update(1);
  progress.line('refused \u001b[2Jada\n.jpg');
  expect(output.written()).toContain('\r\u001b[Krefused \ufffd[2Jada\ufffd.jpg\n');
  expect(output.written()).toMatch(/1 of 2[^\n]*$/);
});
