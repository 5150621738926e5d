import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load-config.js';
import {
  createMasterKey,
  formatMasterKey,
  parseMasterKeys,
  proofOf,
  provesKey,
} from '../../src/protection/master-key.js';

describe('master keys', () => {
  it('are read as they are written, from lines or from a variable, the first first', () => {
    const [one, two] = [createMasterKey(), createMasterKey()];
    const lines = `# a remark, with a comma\n${formatMasterKey(one)}\n\n  ${formatMasterKey(two)}  \n`;
    expect(parseMasterKeys(lines)).toEqual([one, two]);
    expect(parseMasterKeys(`${formatMasterKey(two)}, ${formatMasterKey(one)}`)).toEqual([two, one]);
  });

  it('have an id of their day and 32 bytes that differ each time', () => {
    const day = new Date('2026-11-24T10:00:00Z');
    const [one, two] = [createMasterKey(day), createMasterKey(day)];
    expect(one.id).toMatch(/^20261124-[0-9a-f]{8}$/);
    expect(one.secret).toHaveLength(32);
    expect(one.id).not.toBe(two.id);
    expect(one.secret).not.toEqual(two.secret);
  });

  const { id, secret } = createMasterKey();
  const base64 = Buffer.from(secret).toString('base64');
  it.each([
    ['nothing', '# only a remark', /no master key/],
    ['a secret without an id', base64, /entry 1/],
    ['an id without a secret', `${id}:`, /entry 1/],
    ['a short secret', `${id}:${Buffer.alloc(31).toString('base64')}`, /entry 1/],
    ['a long secret', `${id}:${Buffer.alloc(33).toString('base64')}`, /entry 1/],
    ['a bad second entry', `${id}:${base64},${id} 2:${base64}`, /entry 2/],
    ['the same id twice', `${id}:${base64},${id}:${base64}`, /same id/],
  ])('are refused with %s, and not repeated', (_, text, reason) => {
    const start = () => loadConfig({ MASTER_KEYS: text });
    expect(start).toThrow(reason);
    expect(start).toThrow(/MASTER_KEYS/);
    expect(start).not.toThrow(new RegExp(base64.slice(0, 20).replaceAll('+', '\\+')));
  });

  it('are recognised by their proof', () => {
    const key = createMasterKey();
    const impostor = { ...createMasterKey(), id: key.id };
    expect(provesKey(proofOf(key), key)).toBe(true);
    expect(provesKey(proofOf(key), impostor)).toBe(false);
    expect(provesKey(proofOf(key), { ...key, id: 'another' })).toBe(false);
  });
});
