import { describe, expect, it } from 'vitest';
import { parseExpiry } from '../../src/access/expiry.js';
import { parseKeyCommand } from '../../src/access/key-command.js';

const now = new Date('2026-05-06T07:08:09.500Z');
const parse = (line: string) => parseKeyCommand(line.split(' '), now);

describe('the arguments of npm run keys', () => {
  it('say what to do', () => {
    expect(parse('list')).toEqual({ kind: 'list' });
    expect(parse('revoke 0123456789abcdef')).toEqual({ kind: 'revoke', id: '0123456789abcdef' });
    expect(parse('create --scope verify,register --name gate-3 --expires 90d')).toEqual({
      kind: 'create',
      request: {
        name: 'gate-3',
        scopes: new Set(['verify', 'register']),
        expiresAt: new Date('2026-08-04T07:08:09Z'),
      },
    });
    expect(parse('create --name ops --scope admin')).toMatchObject({ request: { expiresAt: null } });
    expect(parse('create --name ops --scope admin --print-only')).toEqual({
      kind: 'print',
      request: { name: 'ops', scopes: new Set(['admin']) },
    });
  });

  it.each([
    ['', 'One of create, list and revoke <id>'],
    ['delete 0123', 'One of create'],
    ['list 0123', 'One of create'],
    ['list --name x', 'One of create'],
    ['revoke', 'One of create'],
    ['revoke 1 2', 'One of create'],
    ['create', '--scope takes register, verify, read, delete, admin'],
    ['create --scope verify,write --name x', '--scope takes'],
    ['create --scope verify, --name x', '--scope takes'],
    ['create --scope verify', '--name takes'],
    ['create --scope verify --name a:b', '--name takes'],
    ['create --scope verify --name x --expires soon', 'The time of expiry must look like'],
    ['create --scope verify --name x --expires 9d --print-only', 'has no time of expiry'],
    ['create --scope verify --name x --print', "Unknown option '--print'"],
  ])('"%s" is refused with a reason', (line, message) => {
    expect(() => parse(line)).toThrow(message);
  });
});

describe('a time of expiry', () => {
  it.each([
    ['12h', '2026-05-06T19:08:09Z'],
    ['1d', '2026-05-07T07:08:09Z'],
    ['2030-12-31', '2030-12-31T00:00:00Z'],
    ['2030-12-31T18:00Z', '2030-12-31T18:00:00Z'],
    ['2030-12-31T18:00:30+02:00', '2030-12-31T16:00:30Z'],
  ])('%s is %s', (text, expected) => {
    expect(parseExpiry(text, now)).toEqual(new Date(expected));
  });

  it.each([
    '',
    '90',
    '0d',
    '-1d',
    '1.5d',
    '90 d',
    '1w',
    '2030-13-01',
    '2030-12-31T18:00',
    '31.12.2030',
    '123456d',
  ])('"%s" is refused', (text) => {
    expect(() => parseExpiry(text, now)).toThrow('must look like');
  });

  it.each(['2026-05-06', '2026-05-06T07:08:09Z', '1999-01-01'])('%s is over', (text) => {
    expect(() => parseExpiry(text, now)).toThrow('over already');
  });
});
