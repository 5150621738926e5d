import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { readAhead } from '../../src/database/repositories/paging/read-ahead.js';

/** Batches in turn, then an empty one; says when each read begins and ends. */
function reader(batches: readonly (readonly number[] | Error)[]) {
  const events: string[] = [];
  let reads = 0;
  const read = async () => {
    const at = reads++;
    events.push(`begin ${at}`);
    await pause(1);
    events.push(`end ${at}`);
    const batch = batches[at] ?? [];
    if (batch instanceof Error) throw batch;
    return batch;
  };
  return { read, events };
}

describe('reading ahead', () => {
  it('yields every batch in order and ends with the empty one', async () => {
    const { read, events } = reader([[1, 2], [3]]);
    const seen: (readonly number[])[] = [];
    for await (const batch of readAhead(read)) seen.push(batch);
    expect(seen).toEqual([[1, 2], [3]]);
    expect(events.filter((event) => event.startsWith('begin'))).toHaveLength(3);
  });

  it('has begun to read the next batch when it yields one', async () => {
    const { read, events } = reader([[1], [2]]);
    for await (const [value] of readAhead(read)) expect(events).toContain(`begin ${value ?? NaN}`);
  });

  it('fails with what a read fails with, after the batches before', async () => {
    const { read } = reader([[1], new Error('gone')]);
    const seen: (readonly number[])[] = [];
    const all = async () => {
      for await (const batch of readAhead(read)) {
        seen.push(batch);
        await pause(5);
      }
    };
    await expect(all()).rejects.toThrow('gone');
    expect(seen).toEqual([[1]]);
  });

  it('has ended every read when whoever asks gives up', async () => {
    const { read, events } = reader([[1], new Error('gone')]);
    const all = async () => {
      for await (const batch of readAhead(read)) throw new Error(`no use for ${batch.join()}`);
    };
    await expect(all()).rejects.toThrow('no use for 1');
    expect(events).toEqual(['begin 0', 'end 0', 'begin 1', 'end 1']);
  });
});
