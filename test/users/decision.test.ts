import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/users/decision/decision.js';

const rule = { threshold: 0.9, margin: 0.01 };

describe('decision', () => {
  it.each`
    situation                                 | claimed   | other     | recognition | verified
    ${'genuine, nobody else'}                 | ${0.95}   | ${null}   | ${'me'}     | ${true}
    ${'genuine, others far'}                  | ${0.95}   | ${0.5}    | ${'me'}     | ${true}
    ${'genuine, other passes too'}            | ${0.95}   | ${0.92}   | ${'me'}     | ${true}
    ${'exactly at the threshold'}             | ${0.9}    | ${0.2}    | ${'me'}     | ${true}
    ${'just below the threshold'}             | ${0.8999} | ${0.2}    | ${null}     | ${false}
    ${'stranger'}                             | ${0.1}    | ${0.2}    | ${null}     | ${false}
    ${'stranger, nobody else'}                | ${0.1}    | ${null}   | ${null}     | ${false}
    ${'somebody else'}                        | ${0.1}    | ${0.95}   | ${'other'}  | ${false}
    ${'somebody else exactly at threshold'}   | ${0.1}    | ${0.9}    | ${'other'}  | ${false}
    ${'look-alike closer, inside the margin'} | ${0.95}   | ${0.955}  | ${'other'}  | ${true}
    ${'look-alike closer, beyond the margin'} | ${0.95}   | ${0.9601} | ${'other'}  | ${false}
    ${'equal scores'}                         | ${0.95}   | ${0.95}   | ${'me'}     | ${true}
    ${'both below, other closer'}             | ${0.85}   | ${0.89}   | ${null}     | ${false}
    ${'claim below, other inside the margin'} | ${0.895}  | ${0.9}    | ${'other'}  | ${false}
  `(
    '$situation: recognises $recognition, verified $verified',
    ({
      claimed,
      other,
      recognition,
      verified,
    }: {
      claimed: number;
      other: number | null;
      recognition: string | null;
      verified: boolean;
    }) => {
      const rival = other === null ? null : { userId: 'other', score: other };
      expect(decide({ userId: 'me', score: claimed }, rival, rule)).toEqual({ recognition, verified });
    },
  );

  it('never verifies a claim that 1:1 comparison alone would refuse', () => {
    const score = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(score, score, score, (claimed, other, threshold) => {
        const { recognition, verified } = decide(
          { userId: 'me', score: claimed },
          { userId: 'other', score: other },
          { threshold, margin: 0.01 },
        );
        if (verified) {
          expect(claimed).toBeGreaterThanOrEqual(threshold);
          expect(recognition).not.toBeNull();
        }
        if (recognition !== null) expect(Math.max(claimed, other)).toBeGreaterThanOrEqual(threshold);
      }),
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'is never made on a score of %d',
    (score) => {
      expect(() => decide({ userId: 'me', score }, null, rule)).toThrow(RangeError);
      expect(() => decide({ userId: 'me', score: 0.95 }, { userId: 'other', score }, rule)).toThrow(
        RangeError,
      );
    },
  );
});
